"""Where kgscaffold keeps its state inside a project (all but `undo/` is committed)."""

from __future__ import annotations

import hashlib
from functools import lru_cache

FOLDER = ".kgscaffold"
LOCK = f"{FOLDER}/lock.json"
BASES = f"{FOLDER}/base"
UNDO = f"{FOLDER}/undo"

FIXED_FILES = {
    f"{FOLDER}/.gitattributes": b"* -text\n",
    f"{FOLDER}/.gitignore": b"undo/\n",
}
_LONGEST, _LONGEST_NAME = 1024, 255  # of a path and of each name in it, in characters


@lru_cache(maxsize=1024)  # an update asks for that of each of its texts several times
def digest(content: bytes) -> str:
    """Give the SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def base_path(sha256: str) -> str:
    """Give the path, in the project, of the pristine text with that hash."""
    return f"{BASES}/{sha256}.base"


def is_inside(path: str) -> bool:
    """Tell whether a recorded path is relative, normal, stays in the project and is a text."""
    parts = path.split("/")
    return (
        0 < len(path) <= _LONGEST
        and all(0 < len(part) <= _LONGEST_NAME and part not in {".", ".."} for part in parts)
        and ":" not in parts[0]
        and "\\" not in path
        and min(path) >= " "  # no control character
        and (path.isascii() or not any("\ud800" <= mark <= "\udfff" for mark in path))
    )
