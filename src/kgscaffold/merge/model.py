"""What a merge or a structural edit gives: plain data, no exceptions for what people may do."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Reason(StrEnum):
    """Why a file is not merged; the new text then goes beside it, into a sidecar."""

    BINARY = "binary"
    NOT_UTF8 = "not-utf-8"
    NO_GIT = "no-git"
    MARKERS = "markers"
    STRUCTURE = "structure"


class Refusal(NamedTuple):
    """The file was left alone. `message` says why, for a person.

    `lines` are what a person has to add by hand, where that is known (policy `patch`).
    """

    reason: Reason
    message: str
    lines: tuple[str, ...] = ()


class Merge(NamedTuple):
    """A file's new content; with `conflicts`, it holds that many marked conflicts.

    `notes` are things a person should know, such as a formatter that failed; `left` are parts that
    were left to the user. `parses` tells whether the content is sound in its language; None where
    that is not known or not asked (a content with markers).
    """

    content: bytes
    conflicts: int
    notes: tuple[str, ...] = ()
    parses: bool | None = None
    left: tuple[str, ...] = ()


class Patch(NamedTuple):
    """A file's new content after structural edits, and a line on each, for a person.

    `changes` is empty exactly when the content is the user's own, unchanged. `notes` are parts
    that were left to the user.
    """

    content: bytes
    changes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


UNFORMATTED = "merged without"
"""How the remark begins that the project's formatter failed; its own words follow."""


class Labels(NamedTuple):
    """The names of the three sides in conflict markers."""

    ours: str = "yours"
    base: str = "as generated before"
    theirs: str = "new from kgscaffold"
