"""Compare the versions that locks, changelogs and this package carry."""

from __future__ import annotations

import re

_RELEASE = re.compile(r"(\d+)\.(\d+)\.(\d+)")

Release = tuple[int, int, int]


def release_of(version: str) -> Release:
    """Give a version's three numbers; (0, 0, 0), older than all, for what has none."""
    found = _RELEASE.match(version)
    return (int(found[1]), int(found[2]), int(found[3])) if found else (0, 0, 0)
