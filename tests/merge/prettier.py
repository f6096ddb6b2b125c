"""A formatter of Node's, installed from the registry once, and copied into projects."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = ("prettier@3.10.1", "@biomejs/biome@2.6.8")
CACHE = Path(os.environ.get("KGSCAFFOLD_CACHE") or Path(__file__).parents[2] / ".cache")


def install(root: Path, name: str = "prettier", settings: str = ".prettierrc") -> None:
    """Give a project a formatter of its own, and the file that configures it."""
    shutil.copytree(_installed(name), root / "node_modules", symlinks=True)
    (root / settings).write_text("{}\n")
    programs = Path(sys.executable).parent
    os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"


def _installed(name: str) -> Path:
    (package,) = [one for one in PACKAGES if f"{name}@" in one]
    folder = CACHE / "formatters" / package.replace("/", "-")
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), package]
        npm = os.environ | {"npm_config_cache": str(CACHE / "npm")}
        subprocess.run(command, env=npm, check=True, capture_output=True)
        (folder / "done").touch()
    return folder / "node_modules"
