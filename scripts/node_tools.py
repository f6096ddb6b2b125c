"""Node, and folders of packages that are installed once, in the cache."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MANIFESTS = ("package.json", "package-lock.json")


def find_node(program: str = "node") -> str:
    """Give the path of Node, or of npm: that of this environment first.

    Raises FileNotFoundError with what would provide it.
    """
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    found = shutil.which(program, path=places)
    if found is None:
        raise FileNotFoundError(f"{program} is missing: python3 scripts/test.py installs it")
    return found


def install(folder: Path) -> Path:
    """Give a copy of `folder` in the cache, with the packages that its lock file names.

    Raises RuntimeError with what npm said.
    """
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    return install_packages(folder.name, files)


def install_packages(name: str, files: dict[str, bytes]) -> Path:
    """Give a folder of the cache with `files` and the packages that package.json among them names.

    They are installed once for each text of it; the other files are written at every call. Raises
    RuntimeError with what npm said.
    """
    cache = Path(os.environ.get("KGSCAFFOLD_CACHE") or ROOT / ".cache").resolve()
    manifests = b"".join(files.get(manifest, b"") for manifest in MANIFESTS)
    target = cache / "node" / f"{name}-{hashlib.sha256(manifests).hexdigest()[:12]}"
    target.mkdir(parents=True, exist_ok=True)
    with (target / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = target / "complete"
        for path, content in files.items():
            if not (stamp.exists() and path in MANIFESTS):
                (target / path).write_bytes(content)
        if not stamp.exists():
            _run_npm("ci" if MANIFESTS[1] in files else "install", target, cache)
            stamp.touch()
    return target


def _run_npm(command: str, folder: Path, cache: Path) -> None:
    node = Path(find_node()).parent
    variables = {
        **os.environ,
        "npm_config_cache": str(cache / "npm"),
        "PATH": os.pathsep.join([str(node), os.environ.get("PATH", "")]),
    }
    ran = subprocess.run(
        [find_node("npm"), command, "--no-audit", "--no-fund"],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        raise RuntimeError(f"npm {command} in {folder}:\n{ran.stdout}{ran.stderr}")
