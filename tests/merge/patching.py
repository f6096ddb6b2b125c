"""Patch a file that was edited, as an update does."""

from __future__ import annotations

from collections.abc import Callable

from kgscaffold.merge import Patch, Refusal
from kgscaffold.merge.patch import patch_file
from tests.merge.worlds import released

RENDERED = {file.path: file.content.decode() for file in released().values()}
Edit = Callable[[str], str]


def patch(path: str, base: str, mine: Edit, theirs: Edit) -> tuple[str, Patch | Refusal]:
    """Patch a user's file, and see that doing it twice changes nothing more."""
    ours, new = mine(base).encode(), theirs(base).encode()
    result = patch_file(path, base.encode(), ours, new)
    if isinstance(result, Patch):
        again = patch_file(path, base.encode(), result.content, new)
        assert isinstance(again, Patch)
        assert (again.content, again.changes) == (result.content, ())
    return ours.decode(), result


def sub(*pairs: tuple[str, str]) -> Edit:
    """Give an edit that replaces some words, each of which must be there."""

    def edit(text: str) -> str:
        for old, new in pairs:
            assert old in text, old
            text = text.replace(old, new, 1)
        return text

    return edit


def content(result: Patch | Refusal) -> str:
    assert isinstance(result, Patch), result
    return result.content.decode()
