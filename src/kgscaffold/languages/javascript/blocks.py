"""What a program consists of: definitions, what they serve, and statements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kgscaffold.languages.javascript.definitions import Definition, definition, key_of, places
from kgscaffold.languages.javascript.names import declared, exported, imported
from kgscaffold.languages.javascript.routes import routes
from kgscaffold.languages.javascript.tree import FUNCTIONS, bare, brief, header, program, rows, said
from kgscaffold.languages.source import Block, Scope

if TYPE_CHECKING:
    from tree_sitter import Node

_DECLARED = frozenset(("lexical_declaration", "variable_declaration"))
_AROUND = frozenset(("export_statement", "ambient_declaration"))
_FIELDS = frozenset(("public_field_definition", "field_definition", "property_signature"))
_TARGETS = frozenset(("member_expression", "subscript_expression", "identifier"))
_LIKE_ANY = frozenset(
    "return_statement break_statement continue_statement empty_statement debugger_statement".split()
)


def blocks(lines: Sequence[str], grammars: Sequence[str]) -> list[Block] | None:
    """Give the definitions and statements in order; None where the lines do not parse."""
    root = program(lines, grammars)
    if root is None:
        return None
    return list(_within(root, _Place((), (), local=False), lines))


class _Place:
    """Where blocks are: the definitions around them, and the headers of what else is."""

    def __init__(self, scope: Scope, branch: Scope, *, local: bool) -> None:
        self.scope, self.branch, self.local = scope, branch, local


def _within(parent: Node, place: _Place, lines: Sequence[str]) -> Iterator[Block]:
    """Give the blocks within a node."""
    for node in parent.named_children:
        found = definition(node)
        if found is not None:
            yield from _definition(node, found, place)
            scope = (*place.scope, found.name)
            inner = _Place(scope, scope, local=not found.is_container)
            yield from _within(found.inner, inner, lines)
        elif node.type in _AROUND and _declares(node):
            for name, title in exported(node):
                yield Block(place.scope, name, title, rows(node))
            yield from _within(node, place, lines)
        elif _is_statement(node):
            yield from _statement(node, place, lines)
            branch = (*place.branch, header(node))
            yield from _within(node, _Place(place.scope, branch, local=place.local), lines)
        else:
            if node.type in _FIELDS:
                yield Block(place.scope, key_of(node), key_of(node), places(node))
            local = place.local or node.type in FUNCTIONS
            yield from _within(node, _Place(place.scope, place.branch, local=local), lines)


def _declares(node: Node) -> bool:
    return any(child.type in _DECLARED for child in node.named_children)


def _is_statement(node: Node) -> bool:
    return node.type in _DECLARED or node.type.endswith("_statement")


def _definition(node: Node, found: Definition, place: _Place) -> Iterator[Block]:
    at = places(node)
    # A key of an object that has no name itself: `parts` counts those.
    if node.type != "pair" and not (node.type == "method_definition" and _is_in_object(node)):
        yield Block(place.scope, found.name, found.name, at)
    for name, title in routes(node):
        yield Block(place.scope, name, title, at)
    for name, title in exported(node):
        yield Block(place.scope, name, title, at)


def _is_in_object(node: Node) -> bool:
    return node.parent is not None and node.parent.type == "object"


def _statement(node: Node, place: _Place, lines: Sequence[str]) -> Iterator[Block]:
    at = rows(node)
    names = [(name, name) for name in (*imported(node), *declared(node))]
    names += [*exported(node), *routes(node)]
    if place.local:
        # A name of a function's own is there once in its block; elsewhere it is another.
        names = [(" ".join((*place.branch, name)), title) for name, title in names]
    elif target := _target(node):
        yield Block(place.scope, target, target, at)
    for name, title in names:
        yield Block(place.scope, name, title, at)
    if (place.local or not names) and not _says_nothing(node):
        yield Block(place.branch, header(node), lines[at.start].strip(), at)


def _target(node: Node) -> str:
    """Give what a statement assigns to, such as `app.locals.name`."""
    expression = bare(node.named_children[0]) if node.named_children else None
    if expression is None or expression.type != "assignment_expression":
        return ""
    left = expression.child_by_field_name("left")
    return brief(left) if left is not None and left.type in _TARGETS else ""


def _says_nothing(node: Node) -> bool:
    """Tell whether a statement is one like any other (`return`, `break`), or a directive."""
    if node.type == "expression_statement" and node.named_children:
        return node.named_children[0].type == "string"
    return node.type in _LIKE_ANY and not said(node).rstrip(";").strip().count(" ")
