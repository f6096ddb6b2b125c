"""TypeScript and JavaScript as the random tests see them, by the bare tree of the grammar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import tree_sitter_typescript
from tree_sitter import Language, Node, Parser

_PARSER = Parser(Language(tree_sitter_typescript.language_typescript()))
_BLOCKS = ("program", "statement_block", "class_body")
_FUNCTIONS = ("arrow_function", "function_expression", "function", "class", "object")
_DECLARED = ("lexical_declaration", "variable_declaration")


@dataclass(frozen=True)
class Step:
    """A statement or a member of a class on lines of its own, and the name that it defines."""

    start: int
    stop: int
    name: str
    member: bool


def parsed(content: bytes) -> Node | None:
    """Give the program in a text, None if it is none."""
    root = _PARSER.parse(content).root_node
    return None if root.has_error else root


def steps(root: Node, lines: list[str]) -> Iterator[Step]:
    """Give the statements and members, wherever they are."""
    for node in root.named_children:
        if root.type in _BLOCKS and node.type not in ("comment", "hash_bang_line"):
            start, end = node.start_point.row, node.end_point.row
            before = lines[start].encode()[: node.start_point.column]
            after = lines[end].encode()[node.end_point.column :]
            if not before.strip() and after.strip() in (b"", b";"):
                yield Step(start, end + 1, name(node), root.type == "class_body")
        yield from steps(node, lines)


def names(node: Node, scope: str = "") -> Iterator[str]:
    """Give each function, method and class that is defined, with those around it."""
    for child in node.named_children:
        own = name(child)
        inner = f"{scope}.{own}" if own else scope
        if own:
            yield inner
        wrapped = child.child_by_field_name("declaration") if own else None
        yield from names(wrapped or child, inner)


def around(node: Node, row: int) -> list[str]:
    """Give the names of what is defined around a line."""
    found = []
    for child in node.named_children:
        if child.start_point.row <= row <= child.end_point.row:
            own = name(child)
            wrapped = child.child_by_field_name("declaration") if own else None
            found += [*([own] if own else []), *around(wrapped or child, row)]
    return found


def name(node: Node) -> str:
    """Give what a statement or a member defines, nothing for another one."""
    declared = node.child_by_field_name("declaration") if node.type == "export_statement" else None
    inner = declared or node
    if inner.type.endswith(("function_declaration", "class_declaration", "method_definition")):
        return _text(inner.child_by_field_name("name"))
    if inner.type == "interface_declaration":
        return _text(inner.child_by_field_name("name"))
    if inner.type in _DECLARED and inner.named_child_count == 1:
        value = inner.named_children[0].child_by_field_name("value")
        if value is not None and value.type in _FUNCTIONS:
            return _text(inner.named_children[0].child_by_field_name("name"))
    return ""


def _text(node: Node | None) -> str:
    return (node.text or b"").decode() if node is not None else ""
