"""Tell whether a file's text is sound in its language, and whether conflict markers stand in it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import PurePosixPath

from kgscaffold.languages import language_of

_MARKERS = rb"(?m)^(?:<{7}|\|{7}|>{7})(?:[ \r\n]|\Z)"
# What reads these takes comments, and a comma after the last item.
_COMMENTED = r"[jt]sconfig.*\.json|.*\.jsonc"


def parses(path: str, content: bytes) -> bool | None:
    """Tell whether a content is sound for its file name; None for a kind that is not known."""
    language, parse = language_of(path), _parser(PurePosixPath(path))
    try:
        text = content.decode("utf-8-sig")
        if language is not None:
            return language.is_sound(text)
        if parse is None:
            return None
        parse(text)
    except (ValueError, RecursionError, MemoryError):
        return False
    return True


def has_markers(content: bytes) -> bool:
    """Tell whether conflict markers stand in a content.

    The middle marker `=======` alone is none: it underlines titles.
    """
    likely = any(mark * 7 in content for mark in (b"<", b"|", b">"))
    return likely and re.search(_MARKERS, content) is not None


def _parser(path: PurePosixPath) -> Callable[[str], object] | None:
    return (
        _parse_with_comments if re.fullmatch(_COMMENTED, path.name) else _PARSERS.get(path.suffix)
    )


def _parse_with_comments(text: str) -> None:
    from kgscaffold.languages.javascript.json import plain

    json.loads(plain(text))


def _parse_ini(text: str) -> None:
    import configparser

    try:
        configparser.RawConfigParser(allow_no_value=True, strict=False).read_string(text)
    except configparser.Error as error:
        raise ValueError(str(error)) from error


def _parse_toml(text: str) -> None:
    import tomllib

    tomllib.loads(text)


_PARSERS: dict[str, Callable[[str], object]] = {
    ".toml": _parse_toml,
    ".json": json.loads,
    ".ini": _parse_ini,
    ".cfg": _parse_ini,
}
