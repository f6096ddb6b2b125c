"""What a file's logical id says about it, and where it stands in the file, if it does."""

from __future__ import annotations

import re

from kgscaffold.answers import Policy

ID = re.compile(r"[a-z0-9][a-z0-9_./-]*")
_HEADER = re.compile(rf"kgscaffold:id=({ID.pattern})")
_PATCHED = frozenset({"project/pyproject", "project/package", "project/env-example", "app/main"})
_SEEDED_GROUPS = frozenset({"handlers", "app", "project", "tests"})
HEADER_LINES = 3
HEADER_MARK = b"kgscaffold:id="  # in every header; looking for it is quicker than reading one


def find_ids(text: str) -> list[str]:
    """Give the logical ids in a file's first three lines: one, unless somebody changed them."""
    head = "\n".join(text.split("\n", HEADER_LINES)[:HEADER_LINES])
    lines = head.splitlines()[:HEADER_LINES]
    return [match.group(1) for line in lines if (match := _HEADER.search(line))]


def find_id(text: str) -> str | None:
    """Give the logical id in one of a file's first three lines, or None."""
    return next(iter(find_ids(text)), None)


def policy_of(file_id: str) -> Policy:
    """Give the policy for a logical id such as `handlers/success`."""
    group = file_id.partition("/")[0]
    if file_id in _PATCHED:
        return Policy.PATCH
    if group == "migrations":
        return Policy.ONCE
    return Policy.SEEDED if group in _SEEDED_GROUPS else Policy.OWNED
