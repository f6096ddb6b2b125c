"""What a program that failed printed, as far as it is shown."""

from __future__ import annotations

import re

_LINES = 10
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def excerpt(printed: str) -> str:
    """Give the last lines, marked as such; without colours, and without the empty ones."""
    lines = [line for line in _COLOUR.sub("", printed).splitlines() if line.strip()]
    return "\n".join(f"  | {line}" for line in lines[-_LINES:])
