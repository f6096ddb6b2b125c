"""An edit of a file that a test, or a measurement, relies on."""

from __future__ import annotations

from pathlib import Path


def edit(path: Path, before: str, after: str) -> None:
    """Replace what a file has once; its line endings stay. Raises RuntimeError otherwise."""
    text = path.read_bytes().decode()
    if text.count(before) != 1:
        raise RuntimeError(f"{path} does not have {before!r} once")
    path.write_bytes(text.replace(before, after).encode())
