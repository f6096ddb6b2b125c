"""The languages of projects, and which one a file is written in."""

from __future__ import annotations

from kgscaffold.answers import LanguageName
from kgscaffold.languages.model import Language
from kgscaffold.languages.node import JAVASCRIPT, TYPESCRIPT
from kgscaffold.languages.python import PYTHON

__all__ = ["LANGUAGES", "language_named", "language_of"]

LANGUAGES: tuple[Language, ...] = (PYTHON, TYPESCRIPT, JAVASCRIPT)


def language_named(name: LanguageName) -> Language:
    """Give the language of that name; raises ValueError for one that is not there yet."""
    for language in LANGUAGES:
        if language.name == name:
            return language
    raise ValueError(f"{name} is not a language of this version of kgscaffold")


def language_of(path: str) -> Language | None:
    """Give the language of a file by its name; None for settings, texts and the unknown."""
    for language in LANGUAGES:
        if path.endswith(language.suffixes):
            return language
    return None
