"""Bring a template's change into a file of policy `patch`, by structural edits only.

What a kind of file needs to know is in its own module; here is what they share: the user's file
unedited, the templates unchanged, and the manner of the user's text.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath

from kgscaffold.languages import language_of
from kgscaffold.merge.model import Patch, Reason, Refusal
from kgscaffold.merge.patch.edits import Edited, News, UnclearError
from kgscaffold.merge.source import Source, read_sources


def patch_file(path: str, base: bytes, ours: bytes, theirs: bytes) -> Patch | Refusal:
    """Give the user's file (`ours`) with what the templates changed from `base` to `theirs`.

    An edit that is there already is not made again; what the user changed or removed stays so,
    with a note. Refuses, with the lines to add, where the place of an edit cannot be known.
    """
    sources = read_sources(base, ours, theirs)
    if isinstance(sources, Refusal):
        return sources
    old, mine, new = sources
    if new.lines in (old.lines, mine.lines):
        return Patch(ours)
    if mine.lines == old.lines:
        content = mine.write((line, None) for line in new.lines)
        return Patch(content, ("replaced: it was as generated",))
    patch = _patcher(path)
    if patch is None:
        return Refusal(Reason.STRUCTURE, "there are no structural edits for such a file")
    try:
        edited = patch(News(old.text, new.text), mine)
    except UnclearError as error:
        return Refusal(Reason.STRUCTURE, str(error), error.lines)
    content = mine.write(edited.lines) if edited.changes else ours
    return Patch(content, edited.changes, edited.notes)


def _patcher(path: str) -> Callable[[News, Source], Edited] | None:
    """Give what edits files of that name; each kind's libraries are imported here, when needed."""
    pure = PurePosixPath(path)
    if pure.suffix == ".toml":
        from kgscaffold.merge.patch.toml import patch_toml

        return patch_toml
    if pure.suffix == ".json":
        from kgscaffold.merge.patch.json import patch_json

        return patch_json
    if pure.name.startswith(".env"):
        from kgscaffold.merge.patch.keyed import patch_variables

        return patch_variables
    if pure.suffix == ".txt":
        from kgscaffold.merge.patch.keyed import patch_requirements

        return patch_requirements
    language = language_of(path)
    if language is not None and language.reads_statements:
        from kgscaffold.merge.patch.statements import patch_statements

        return partial(patch_statements, language=language)
    return None
