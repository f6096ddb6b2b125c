"""The names that a project and its packages may not have: those of what it needs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from kgscaffold.answers import LanguageName
from kgscaffold.languages import language_named
from kgscaffold.stacks.frameworks import FRAMEWORKS
from kgscaffold.stacks.model import Requirement

# What no project asks for, and every environment or every developer has.
_OF_NODE = ("corepack", "kgscaffold", "node", "npm", "pnpm", "yarn")
_TOOLS = {
    LanguageName.PYTHON: ("copier", "kgscaffold", "pip", "setuptools"),
    LanguageName.TYPESCRIPT: _OF_NODE,
    LanguageName.JAVASCRIPT: _OF_NODE,
}


def project_name_of(folder_name: str, language: LanguageName = LanguageName.PYTHON) -> str:
    """Give a folder's name as a package name (PEP 503); `shop` when nothing of it is left.

    A project named like one of its own dependencies could not be installed, so those get `-shop`.
    """
    ascii_name = unicodedata.normalize("NFKD", folder_name).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", ascii_name.lower()).strip("-")[:60].strip("-") or "shop"
    return f"{name}-shop" if name in installed_with(language) else name


@lru_cache
def installed_with(language: LanguageName) -> frozenset[str]:
    """Give the packages that projects of a language are installed with."""
    needed = (name for one in _requirements(language) for name in one.names)
    return frozenset((*map(str.lower, needed), *_TOOLS[language]))


@lru_cache
def names_in_code(language: LanguageName) -> frozenset[str]:
    """Give the names by which code of a language has what its projects are installed with."""
    package_of = language_named(language).package_of
    return frozenset(map(package_of, installed_with(language)))


def _requirements(language: LanguageName) -> Iterator[Requirement]:
    for framework in FRAMEWORKS:
        for core in framework.cores:
            if core.language.name is not language:
                continue
            yield from (*framework.requirements, *framework.server, *core.requirements)
            for library in framework.libraries:
                yield from library.requirements
                for driver in library.drivers:
                    yield from driver.requirements
