"""The top-level statements of a JavaScript or TypeScript text."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from kgscaffold.languages.javascript.definitions import definition
from kgscaffold.languages.javascript.names import DEFAULT, WHOLE, Import, declared, imports_of
from kgscaffold.languages.javascript.tree import (
    FUNCTIONS,
    bare,
    brief,
    broken_at,
    meaning,
    program,
    rows,
)
from kgscaffold.languages.source import Statement

if TYPE_CHECKING:
    from tree_sitter import Node


def statements(text: str, grammars: Sequence[str]) -> list[Statement]:
    """Give the statements in order; raises SyntaxError, also for two that share a line."""
    lines = text.split("\n")
    root = program(text.removesuffix("\n").split("\n"), grammars)
    if root is None:
        raise SyntaxError("it does not parse", ("", broken_at(text, grammars[0]), 1, ""))
    nodes = [node for node in root.named_children if node.type != "comment"]
    found = [_statement(node, lines) for node in nodes]
    for former, latter in pairwise(found):
        if former.places.stop > latter.places.start:
            raise SyntaxError("two statements share a line", ("", latter.places.start + 1, 1, ""))
    return found


def _statement(node: Node, lines: list[str]) -> Statement:
    at = rows(node)
    first = _first_comment(node, lines)
    blanks = first
    while blanks and not lines[blanks - 1].strip():
        blanks -= 1
    imports = imports_of(node)
    return Statement(
        meaning=meaning(node),
        name=f"from {imports[0].source}" if imports else _name(node),
        call=_call(node),
        imports=tuple(map(_line, imports)),
        places=at,
        lines=tuple(lines[at.start : at.stop]),
        comments=tuple(lines[first : at.start]),
        blanks=first - blanks,
        body=_body(node),
    )


def _body(node: Node) -> range | None:
    """Give the lines between the braces of a function, each of which ends or begins a line."""
    defined = definition(node)
    if defined is None or defined.inner.type not in FUNCTIONS:
        return None
    block = defined.inner.child_by_field_name("body")
    if block is None or block.type != "statement_block" or len(block.named_children) < 1:
        return None
    first, last = block.named_children[0], block.named_children[-1]
    start, end = block.start_point.row, block.end_point.row
    alone = first.start_point.row > start and last.end_point.row < end
    return range(start + 1, end) if alone else None


def _first_comment(node: Node, lines: list[str]) -> int:
    """Give where the comments directly above a statement begin, but for that with the id."""
    first, former = node.start_point.row, node.prev_named_sibling
    while former is not None and former.type == "comment" and former.end_point.row == first - 1:
        alone = not lines[former.start_point.row][: former.start_point.column].strip()
        if not alone or "kgscaffold:id=" in lines[former.start_point.row]:
            break
        first, former = former.start_point.row, former.prev_named_sibling
    return first


def _name(node: Node) -> str:
    defined = definition(node)
    if defined is not None:
        return defined.name
    names = declared(node.child_by_field_name("declaration") or node)
    return names[0] if len(names) == 1 else ""


def _call(node: Node) -> str:
    expression = bare(node.named_children[0]) if node.named_children else None
    if node.type != "expression_statement" or expression is None:
        return ""
    called = expression.child_by_field_name("function")
    return brief(called) if called is not None else ""


def _line(one: Import) -> str:
    """Give an import of one name, as a line of its own."""
    if one.required:
        target = one.local if one.name == WHOLE else f"{{ {_alias(one, ': ')} }}"
        return f'const {target} = require("{one.source}");'
    kind = f"{one.kind} " if one.kind else ""
    if not one.local:
        return f'import "{one.source}";'
    if one.name == WHOLE:
        return f'import {kind}* as {one.local} from "{one.source}";'
    target = one.local if one.name == DEFAULT else f"{{ {_alias(one, ' as ')} }}"
    return f'import {kind}{target} from "{one.source}";'


def _alias(one: Import, word: str) -> str:
    return one.name if one.name == one.local else f"{one.name}{word}{one.local}"
