"""Tell what each line of a file belongs to: the function, class, table or chapter around it.

Two lines of the same text in different scopes are different lines to the merge, so that an edit
cannot slip from one function into its twin.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from kgscaffold.languages import language_of
from kgscaffold.languages.model import Language
from kgscaffold.languages.source import Tags, headed

JSON = (".json", ".jsonc")
_HEADINGS = {
    ".toml": re.compile(r"\[+[^\[\]=]+\]+\s*(?:#.*)?$"),
    ".ini": re.compile(r"\[[^\]]+\]"),
    ".cfg": re.compile(r"\[[^\]]+\]"),
    ".md": re.compile(r"#{1,6} .*"),
}


def scopes(path: str, lines: Sequence[str]) -> Tags | None:
    """Give the scope of each line; None where the text does not parse.

    A kind of file that is not known is one scope.
    """
    language = language_of(path)
    if language is not None:
        return language.scopes(lines)
    suffix = PurePosixPath(path).suffix
    if suffix in JSON:
        from kgscaffold.languages.javascript import json

        return json.scopes(lines)
    heading = _HEADINGS.get(suffix)
    return ("",) * len(lines) if heading is None else headed(heading, lines)


def comparable_scopes(path: str, *texts: Sequence[str]) -> list[Tags]:
    """Give the scope of each line of each text, by the same rule for all.

    Where one does not parse, a scope reaches from a definition's first line to that of the next.
    """
    found = [scopes(path, text) for text in texts]
    parsed = [tags for tags in found if tags is not None]
    if len(parsed) == len(texts):
        return parsed
    language = language_of(path) or Language()
    return [language.scopes_of_broken(text) for text in texts]
