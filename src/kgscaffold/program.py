"""How a person starts this kgscaffold in another terminal."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

_NAME = "kgscaffold"


def own_program() -> str:
    """Give what a fresh shell takes for this program: its name, or its path, quoted.

    The path, where the name is found only because an environment is active in this terminal.
    """
    active = Path(os.environ.get("VIRTUAL_ENV") or os.devnull, "bin")
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    fresh = os.pathsep.join(name for name in folders if Path(name) != active)
    if shutil.which(_NAME, path=fresh):
        return _NAME
    beside = Path(sys.executable).with_name(_NAME)
    if beside.is_file():
        return shlex.quote(str(beside))
    return shlex.join([sys.executable, "-m", _NAME])
