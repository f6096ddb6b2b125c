"""The definition around each line of a JavaScript or TypeScript text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kgscaffold.languages.javascript.definitions import definition, places
from kgscaffold.languages.javascript.tree import program
from kgscaffold.languages.source import Tags

if TYPE_CHECKING:
    from tree_sitter import Node

_WORDS = (
    r"(?:(?:export|default|declare|abstract|async|public|private|protected|static|override|get|set)"
    r"\s+)*"
)
DEFINITION_LINE = re.compile(
    rf"\s*{_WORDS}(?:"
    r"(?:function\b\s*\*?|class|interface|enum|namespace|type)\s*[\w$]+"
    r"|(?:const|let|var)\s+[\w$]+(?=[^=]*=\s*(?:async\b|function\b|class\b|\(|\{|[\w$]+\s*=>))"
    r"|(?!if\b|for\b|while\b|switch\b|catch\b|with\b|return\b|function\b)"
    r"[*#]?[\w$]+(?=\s*\([^;]*\)[^;=]*\{\s*$)"
    r"|[\w$#\"']+(?=\s*[:=]\s*(?:async\b|function\b|\(.*=>|[\w$]+\s*=>)|\s*:\s*\{\s*$)"
    r"|[\w$.]+\(\s*[\"'`][^\"'`]*[\"'`](?=,.*(?:=>|function\b).*\{\s*$)"
    r")"
)


def scopes(lines: Sequence[str], grammars: Sequence[str]) -> Tags | None:
    """Give the scope of each line; None where the lines do not parse.

    Blank lines after a definition belong to it; the decorators and comments directly above one
    belong to that one.
    """
    root = program(lines, grammars)
    if root is None:
        return None
    tags = [""] * len(lines)
    _mark(root, "", tags, lines)
    return tuple(tags)


def _mark(node: Node, name: str, tags: list[str], lines: Sequence[str]) -> None:
    for child in node.named_children:
        found = definition(child)
        if found is None:
            _mark(child, name, tags, lines)
            continue
        at = places(child)
        first, last = _first_comment(child, at.start, lines), at.stop
        while last < len(lines) and not lines[last].strip():
            last += 1
        inner = f"{name}.{found.name}"
        tags[first:last] = [inner] * (last - first)
        _mark(found.inner, inner, tags, lines)


def _first_comment(node: Node, start: int, lines: Sequence[str]) -> int:
    """Give where the comments begin that stand directly above a definition, each on lines alone."""
    former = node.prev_named_sibling
    while former is not None and former.type in ("comment", "decorator"):
        if former.type == "comment":
            alone = not lines[former.start_point.row][: former.start_point.column].strip()
            if not alone or former.end_point.row != start - 1:
                break
            start = former.start_point.row
        former = former.prev_named_sibling
    return start
