"""Merge what the templates changed into files that their users have edited. Writes nothing.

What merges is imported once there is something to merge: most updates find nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kgscaffold.merge.model import Labels, Merge, Patch, Reason, Refusal

if TYPE_CHECKING:
    from kgscaffold.merge.formatters import Formatter

__all__ = ["Labels", "Merge", "Patch", "Reason", "Refusal", "merge_text", "patch_file"]


def merge_text(
    base: bytes,
    ours: bytes,
    theirs: bytes,
    *,
    path: str,
    labels: Labels | None = None,
    formatter: Formatter | None = None,
) -> Merge | Refusal:
    """Give the user's file with what the templates changed, or why not: see `merge.text`."""
    from kgscaffold.merge import text

    return text.merge_text(base, ours, theirs, path=path, labels=labels, formatter=formatter)


def patch_file(path: str, base: bytes, ours: bytes, theirs: bytes) -> Patch | Refusal:
    """Give the user's file with the templates' edits, or why not: see `merge.patch`."""
    from kgscaffold.merge import patch

    return patch.patch_file(path, base, ours, theirs)
