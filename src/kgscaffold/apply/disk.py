"""The only place that changes a project's files: each function is one step.

Tests stop the process before, in and after every one of these steps.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

_AT_ONCE = 8


def make_folder(path: Path) -> None:
    """Create one folder whose parent exists; it must not exist yet."""
    path.mkdir()


def write_new(path: Path, content: bytes, mode: int | None = None) -> None:
    """Write a new file, which `settle_all` waits for; `mode` are its permission bits."""
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


def settle(folder: Path) -> None:
    """Wait until the entries of a folder are on the disk, where the system can do that."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    except OSError:
        return
    _sync(descriptor)


def settle_all(paths: Sequence[Path]) -> None:
    """Wait until the contents of files are on the disk.

    Several are waited for at once: the file system then commits them together, not one by one.
    """
    waiting = iter(paths)
    failures: list[OSError] = []

    def work() -> None:
        for path in waiting:
            try:
                _sync(os.open(path, os.O_RDONLY))
            except OSError as error:
                failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(min(_AT_ONCE, len(paths)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
