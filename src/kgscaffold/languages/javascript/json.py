"""JSON that people write (`tsconfig.json`): comments in it, and a comma after the last item."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kgscaffold.languages.javascript.definitions import key_of
from kgscaffold.languages.javascript.tree import meaning, program, rows, walk
from kgscaffold.languages.source import Block, Scope, Tags

if TYPE_CHECKING:
    from tree_sitter import Node


def plain(text: str) -> str:
    """Give a text as JSON alone; one that is no such text comes back as it is."""
    root = _document(text.split("\n"))
    if root is None:
        return text
    data = bytearray(f"({text}".encode())
    for node in walk(root):
        if node.type == "comment" or (node.type == "," and _is_last(node)):
            data[node.start_byte : node.end_byte] = b" " * (node.end_byte - node.start_byte)
    return data.decode()[1:]


def scopes(lines: Sequence[str]) -> Tags | None:
    """Give the keys around each line; None where the lines do not parse."""
    root = _document(lines)
    if root is None:
        return None
    tags = [""] * len(lines)
    for scope, node in _pairs(root, ()):
        at = rows(node)
        if len(at) > 1:
            tags[at.start : at.stop] = [".".join((*scope, key_of(node)))] * len(at)
    return tuple(tags)


def blocks(lines: Sequence[str]) -> list[Block] | None:
    """Give the keys in order; None where the lines do not parse."""
    root = _document(lines)
    if root is None:
        return None
    return [
        Block(scope, key_of(node), key_of(node), rows(node), meaning(node))
        for scope, node in _pairs(root, ())
    ]


def _document(lines: Sequence[str]) -> Node | None:
    """Give the lines as a program of one expression."""
    return program([f"({lines[0]}", *lines[1:], ")"], ("javascript",)) if lines else None


def _pairs(node: Node, scope: Scope) -> Iterator[tuple[Scope, Node]]:
    for child in node.named_children:
        if child.type == "pair":
            yield scope, child
            yield from _pairs(child, (*scope, key_of(child)))
        else:
            yield from _pairs(child, scope)


def _is_last(comma: Node) -> bool:
    following = comma.next_sibling
    while following is not None and following.type == "comment":
        following = following.next_sibling
    return following is not None and following.type in ("}", "]")
