"""The named parts of a call or a literal: its keywords, its keys, what its arguments are called."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from kgscaffold.merge.scope import Definition, program

Key = tuple[str, ...]


@dataclass(slots=True)
class Parts:
    """All parts of one name, in all calls or literals of one kind in a scope.

    `count` is how often they have it together, `most` how often one of them; `places` are the
    lines of all. A keyword is said of many calls, and none is known by it: it is no `own` name.
    """

    title: str
    own: bool
    count: int = 0
    most: int = 0
    places: set[int] = field(default_factory=set)


def parts_of(lines: Sequence[str]) -> dict[Key, Parts] | None:
    """Give the parts of a program by scope, kind and name; None where it does not parse."""
    tree = program(lines)
    if tree is None:
        return None
    found: dict[Key, Parts] = {}
    _collect(tree, (), found)
    return found


def _collect(node: ast.AST, scope: Key, found: dict[Key, Parts]) -> None:
    for child in ast.iter_child_nodes(node):
        _collect(child, (*scope, child.name) if isinstance(child, Definition) else scope, found)
    times: dict[Key, int] = {}
    for name, title, part in _named(node):
        key = (*scope, *name)
        times[key] = times.get(key, 0) + 1
        parts = found.setdefault(key, Parts(title, own=not isinstance(part, ast.keyword)))
        parts.count += 1
        parts.most = max(parts.most, times[key])
        parts.places.update(range(part.lineno - 1, part.end_lineno or part.lineno))


def _named(node: ast.AST) -> Iterator[tuple[Key, str, ast.expr | ast.keyword]]:
    """Give the name of each part of a node that has one, its title, and the part itself."""
    if isinstance(node, ast.Call):
        kind = ast.unparse(node.func)
        for keyword in node.keywords:
            if keyword.arg:
                yield (kind, "keyword", keyword.arg), f"{keyword.arg}=", keyword
        yield from _called(kind, node.args)
    elif isinstance(node, ast.List | ast.Tuple | ast.Set):
        yield from _called(type(node).__name__, node.elts)
    elif isinstance(node, ast.Dict):
        for key in node.keys:
            if key is not None:
                yield ("{}", ast.dump(key)), f"{ast.unparse(key)}:", key


def _called(kind: str, items: Sequence[ast.expr]) -> Iterator[tuple[Key, str, ast.expr]]:
    """Give the items that are calls with a name for their first argument, such as columns."""
    for item in items:
        if not (isinstance(item, ast.Call) and item.args):
            continue
        first = item.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            called = ast.unparse(item.func)
            yield (kind, called, first.value), f"{called}({first.value!r})", item
