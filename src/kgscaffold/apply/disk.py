"""The only place that changes a project's files: each function is one step.

Tests stop the process before, in and after every one of these steps.
"""

from __future__ import annotations

import os
from pathlib import Path


def make_folder(path: Path) -> None:
    """Create one folder whose parent exists; it must not exist yet."""
    path.mkdir()


def write_new(path: Path, content: bytes, mode: int | None = None) -> None:
    """Write a new file, which `settle` puts on the disk; `mode` are its permission bits."""
    with path.open("xb") as file:
        file.write(content)
        if mode is not None:
            os.fchmod(file.fileno(), mode)


def move(source: Path, target: Path) -> None:
    """Put a file or folder at `target`, atomically, instead of the file that is there."""
    source.replace(target)


def remove_file(path: Path) -> None:
    """Remove one file."""
    path.unlink()


def remove_folder(path: Path) -> None:
    """Remove one empty folder."""
    path.rmdir()


def settle(path: Path) -> None:
    """Wait until a file, or the entries of a folder, are on the disk, where the system can."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
