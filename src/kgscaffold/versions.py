"""Compare the versions that locks, changelogs and this package carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kgscaffold import __version__

if TYPE_CHECKING:
    from packaging.version import Version


def parsed(version: str) -> Version:
    """Give a version, to compare; raises ValueError for a text that is none."""
    from packaging.version import Version

    return Version(version)


def is_version(text: str) -> bool:
    """Tell whether a text is a version; that it is this one's is known without packaging."""
    if text == __version__:
        return True
    try:
        parsed(text)
    except ValueError:
        return False
    return True


def is_later(version: str, than: str) -> bool:
    """Tell whether a version comes after another one; raises ValueError where one is none."""
    return version != than and parsed(version) > parsed(than)
