"""An edit that a test relies on."""

from __future__ import annotations

from pathlib import Path


def edit(path: Path, before: str, after: str) -> None:
    """Replace what a file has once; raises RuntimeError where it does not."""
    text = path.read_text()
    if text.count(before) != 1:
        raise RuntimeError(f"{path} does not have {before!r} once")
    path.write_text(text.replace(before, after))
