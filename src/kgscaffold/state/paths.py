"""Where kgscaffold keeps its state inside a project (all but `undo/` is committed)."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath

FOLDER = ".kgscaffold"
LOCK = f"{FOLDER}/lock.json"
BASES = f"{FOLDER}/base"
UNDO = f"{FOLDER}/undo"

FIXED_FILES = {
    f"{FOLDER}/.gitattributes": b"* -text\n",
    f"{FOLDER}/.gitignore": b"undo/\n",
}
_LONGEST, _LONGEST_NAME = 1024, 255  # of a path and of each name in it, in characters


def digest(content: bytes) -> str:
    """Give the SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def base_path(sha256: str) -> str:
    """Give the path, in the project, of the pristine text with that hash."""
    return f"{BASES}/{sha256}.base"


def is_inside(path: str) -> bool:
    """Tell whether a recorded path is relative, normal, stays in the project and is a text."""
    pure = PurePosixPath(path)
    return (
        0 < len(path) <= _LONGEST
        and not pure.is_absolute()
        and str(pure) == path
        and not {"..", "."} & set(pure.parts)
        and "\\" not in path
        and ":" not in pure.parts[0]
        and all(len(part) <= _LONGEST_NAME for part in pure.parts)
        and not any(ord(mark) < 32 or 0xD800 <= ord(mark) <= 0xDFFF for mark in path)
    )
