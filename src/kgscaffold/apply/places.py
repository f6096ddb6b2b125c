"""Where a transaction begins: the folders above the project, and the right to change them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kgscaffold.state.paths import digest

_LONGEST_SHOWN = 200  # in bytes; a name has 255 at most


def missing_levels(root: Path) -> int:
    """Count the folders that are missing, from the project's own upwards; 0 if it exists."""
    count, folder = 0, root
    while not folder.exists():
        count, folder = count + 1, folder.parent
    return count


def topmost(root: Path, levels: int) -> Path:
    """Give the highest of `levels` folders, the project's own being the first."""
    return root if levels == 1 else root.parents[levels - 2]


def nursery_of(top: Path) -> Path:
    """Give where a new folder is prepared before it appears, and goes before it is deleted."""
    name = os.fsencode(top.name)
    shown = top.name if len(name) <= _LONGEST_SHOWN else digest(name)
    return top.parent / f".{shown}.kgscaffold-new"


def nurseries(root: Path) -> list[Path]:
    """Give what interrupted commands left beside the project's folder or those above it."""
    candidates = [nursery_of(folder) for folder in (root, *root.parents[:-1])]
    return [folder for folder in candidates if folder.is_dir() and not folder.is_symlink()]


@contextmanager
def exclusive(root: Path) -> Iterator[None]:
    """Wait until no other kgscaffold changes the project, and keep others waiting meanwhile.

    Where the system has no such locks (Windows), this does nothing.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    folder = root
    while not folder.is_dir():
        folder = folder.parent
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
