"""Tell whether a file's text is sound in its language, and whether conflict markers stand in it."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable
from pathlib import PurePosixPath

_MARKERS = re.compile(rb"^(?:<{7}|\|{7}|>{7})(?:[ \r\n]|\Z)", re.MULTILINE)


def parses(path: str, content: bytes) -> bool | None:
    """Tell whether a content is sound for its file name; None for a kind that is not known."""
    parse = _PARSERS.get(PurePosixPath(path).suffix)
    if parse is None:
        return None
    try:
        parse(content.decode("utf-8-sig"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def has_markers(content: bytes) -> bool:
    """Tell whether conflict markers stand in a content.

    The middle marker `=======` alone is none: it underlines titles.
    """
    likely = any(mark * 7 in content for mark in (b"<", b"|", b">"))
    return likely and _MARKERS.search(content) is not None


def _compile_python(text: str) -> None:
    """Compile a program, which sees more than a parser: a keyword given twice, for one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(text, "<merged>", "exec", dont_inherit=True)


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
    ".py": _compile_python,
    ".pyi": _compile_python,
    ".toml": _parse_toml,
    ".json": json.loads,
    ".ini": _parse_ini,
    ".cfg": _parse_ini,
}
