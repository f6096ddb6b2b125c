"""Merge what the templates changed into files that their users have edited. Writes nothing."""

from __future__ import annotations

from kgscaffold.merge.model import Labels, Merge, Patch, Reason, Refusal
from kgscaffold.merge.text import merge_text

__all__ = ["Labels", "Merge", "Patch", "Reason", "Refusal", "merge_text"]
