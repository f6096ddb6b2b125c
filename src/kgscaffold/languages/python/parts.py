"""The named parts of a call or a literal: its keywords, its keys, what its arguments are called."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from kgscaffold.languages.python.scope import Definition, program
from kgscaffold.languages.source import Parts, Scope


def parts(lines: Sequence[str]) -> dict[Scope, Parts] | None:
    """Give the parts of a program by scope, kind and name; None where it does not parse."""
    tree = program(lines)
    if tree is None:
        return None
    found: dict[Scope, Parts] = {}
    _collect(tree, (), found)
    return found


def _collect(node: ast.AST, scope: Scope, found: dict[Scope, Parts]) -> None:
    for child in ast.iter_child_nodes(node):
        _collect(child, (*scope, child.name) if isinstance(child, Definition) else scope, found)
    times: dict[Scope, int] = {}
    for name, title, part in _named(node):
        key = (*scope, *name)
        times[key] = times.get(key, 0) + 1
        same = found.setdefault(key, Parts(title, own=not isinstance(part, ast.keyword)))
        same.count += 1
        same.most = max(same.most, times[key])
        same.places.update(range(part.lineno - 1, part.end_lineno or part.lineno))


def _named(node: ast.AST) -> Iterator[tuple[Scope, str, ast.expr | ast.keyword]]:
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


def _called(kind: str, items: Sequence[ast.expr]) -> Iterator[tuple[Scope, str, ast.expr]]:
    """Give the items that are calls with a name for their first argument, such as columns."""
    for item in items:
        if not (isinstance(item, ast.Call) and item.args):
            continue
        first = item.args[0]
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            called = ast.unparse(item.func)
            yield (kind, called, first.value), f"{called}({first.value!r})", item
