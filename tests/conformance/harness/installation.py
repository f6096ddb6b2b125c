"""One virtual environment, or one `node_modules`, per stack, kept in the cache folder."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CACHE_VARIABLE = "KGSCAFFOLD_CACHE"
_ROOT = Path(__file__).parents[3]
_NODE_MANIFEST = "package.json"


def cache_folder() -> Path:
    """The folder in KGSCAFFOLD_CACHE, else `.cache` in the repository."""
    folder = Path(os.environ.get(CACHE_VARIABLE) or _ROOT / ".cache")
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


@contextmanager
def locked(name: str, *, shared: bool = False) -> Iterator[None]:
    """Hold the cache's lock `name` against other test processes, or share it with some."""
    with (cache_folder() / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield


def environment_for(stack: str, install: list[str], project: Path) -> Path:
    """The folder of programs of an environment in which the project's install command has run.

    It is made once per stack, Python and dependency list; `install` is the project's own command.
    """
    if (project / _NODE_MANIFEST).exists():
        return _with_node(install, project)
    wanted = (project / "pyproject.toml").read_bytes() + " ".join(install).encode()
    key = hashlib.sha256(wanted + sys.version.encode()).hexdigest()[:12]
    home = cache_folder() / "environments" / f"{stack}-{key}"
    programs = home / "bin"
    with locked("environments"):
        if not (home / "complete").exists():
            shutil.rmtree(home, ignore_errors=True)
            _make(home)
            _run(_with_uv(install, programs), project, programs)
            (home / "complete").touch()
    return programs


def _with_node(install: list[str], project: Path) -> Path:
    """Let the project have the packages, of one installation per list of them.

    Node looks for a package's own ones where the link leads.
    """
    programs = _node_programs()
    manifest = json.loads((project / _NODE_MANIFEST).read_text())
    wanted = [manifest[kind] for kind in ("type", "dependencies", "devDependencies")]
    version = subprocess.check_output([programs / "node", "--version"])
    key = hashlib.sha256(json.dumps(wanted).encode() + version).hexdigest()[:12]
    home = cache_folder() / "environments" / f"node-{key}"
    with locked("environments"):
        if not (home / "complete").exists():
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(parents=True)
            shutil.copy(project / _NODE_MANIFEST, home)
            _run(install, home, programs)
            (home / "complete").touch()
    (project / "node_modules").symlink_to(home / "node_modules")
    return programs


def _node_programs() -> Path:
    """A folder with the programs of the Node that is installed beside this Python, alone."""
    folder = cache_folder() / "environments" / "node"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("node", "npm", "npx"):
        program = Path(sys.executable).with_name(name)
        if not program.exists():
            raise RuntimeError(
                f"there is no {program}: run python3 scripts/test.py, which makes it"
            )
        with suppress(FileExistsError):
            (folder / name).symlink_to(program.resolve())
    return folder


def program_path(programs: Path) -> str:
    """A PATH on which `python` is the environment's."""
    return os.pathsep.join([str(programs), "/usr/local/bin", "/usr/bin", "/bin"])


def _uv() -> str | None:
    beside = Path(sys.executable).parent / "uv"
    return str(beside) if beside.exists() else shutil.which("uv")


def _make(home: Path) -> None:
    uv = _uv()
    if uv is None:
        _run([sys.executable, "-m", "venv", str(home)], home.parent, home / "bin")
    else:
        _run([uv, "venv", "-q", "--python", sys.executable, str(home)], _ROOT, home / "bin")


def _with_uv(install: list[str], programs: Path) -> list[str]:
    uv = _uv()
    if uv is None or install[:4] != ["python", "-m", "pip", "install"]:
        return install
    return [uv, "pip", "install", "-q", "--python", str(programs / "python"), *install[4:]]


def _run(command: list[str], folder: Path, programs: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    env = {
        "npm_config_cache": str(cache_folder() / "npm"),
        **os.environ,
        "PATH": program_path(programs) + os.pathsep + os.environ["PATH"],
    }
    ran = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=300
    )
    if ran.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{ran.stdout}\n{ran.stderr}")
