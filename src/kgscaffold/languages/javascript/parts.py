"""The named parts of literals and calls: keys, cases, what the items of a list are called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kgscaffold.languages.javascript.definitions import arguments, definition, key_of
from kgscaffold.languages.javascript.tree import (
    brief,
    header,
    meaning,
    program,
    rows,
    said,
    text_of,
)
from kgscaffold.languages.source import Parts, Scope

if TYPE_CHECKING:
    from tree_sitter import Node

_KEYED = frozenset(("pair", "method_definition"))


def parts(lines: Sequence[str], grammars: Sequence[str]) -> dict[Scope, Parts] | None:
    """Give the parts of a program by scope, kind and name; None where it does not parse."""
    root = program(lines, grammars)
    if root is None:
        return None
    found: dict[Scope, Parts] = {}
    _collect(root, (), found)
    return found


def _collect(node: Node, scope: Scope, found: dict[Scope, Parts]) -> None:
    for child in node.named_children:
        defined = definition(child)
        _collect(child if defined is None else defined.inner, _in(scope, child), found)
    times: dict[Scope, int] = {}
    for name, title, part in _named(node):
        key = (*scope, *name)
        times[key] = times.get(key, 0) + 1
        same = found.setdefault(key, Parts(title, own=name[0] != "option"))
        same.count += 1
        same.most = max(same.most, times[key])
        same.places.update(rows(part))


def _in(scope: Scope, node: Node) -> Scope:
    defined = definition(node)
    return scope if defined is None else (*scope, defined.name)


def _named(node: Node) -> Iterator[tuple[Scope, str, Node]]:
    """Give the name of each part of a node that has one, its title, and the part itself."""
    if node.type == "object":
        # What a call is given is said of many calls, as a keyword is in other languages.
        around = node.parent
        call = around.parent if around is not None and around.type == "arguments" else None
        kind = ("{}",) if call is None else ("option", _callee(call))
        for child in node.named_children:
            name = key_of(child) if child.type in _KEYED else _shorthand(child)
            if name:
                yield (*kind, name), f"{name}:", child
    elif node.type == "array":
        yield from _called(node)
    elif node.type == "switch_body":
        about = header(node.parent) if node.parent else ""
        for child in node.named_children:
            case = child.child_by_field_name("value")
            if child.type == "switch_case" and case is not None:
                yield ("case", about, meaning(case)), f"case {said(case)}:", child
    elif node.type == "enum_body":
        for child in node.named_children:
            name = key_of(child) if child.type == "enum_assignment" else said(child)
            yield ("enum", name), name, child


def _callee(call: Node) -> str:
    called = call.child_by_field_name("function") or call.child_by_field_name("constructor")
    return brief(called) if called is not None else ""


def _shorthand(node: Node) -> str:
    return said(node) if node.type == "shorthand_property_identifier" else ""


def _called(array: Node) -> Iterator[tuple[Scope, str, Node]]:
    """Give the items that are calls with a name for their first argument, such as columns."""
    for item in array.named_children:
        given = arguments(item) if item.type in ("call_expression", "new_expression") else []
        name = text_of(given[0]) if given else None
        if name is not None:
            called = _callee(item)
            yield ("[]", called, name), f'{called}("{name}")', item
