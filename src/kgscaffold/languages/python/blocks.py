"""What a Python program consists of: definitions, what they serve, and statements."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace

from kgscaffold.languages.python.routes import routes
from kgscaffold.languages.python.scope import Definition, program
from kgscaffold.languages.source import Block, Scope

_Inner = ast.stmt | ast.excepthandler | ast.match_case
_Target = ast.Name | ast.Attribute | ast.Subscript


def blocks(lines: Sequence[str]) -> list[Block] | None:
    """Give the definitions and statements in order; None where the lines do not parse."""
    tree = program(lines)
    if tree is None:
        return None
    found: list[Block] = []
    imports: set[Block] = set()
    for block in _statements(tree, (), (), lines, local=False):
        # To import the same thing again changes nothing.
        same = replace(block, places=range(0))
        if not block.meaning or same not in imports:
            found.append(block)
        imports.add(same)
    return found


def _statements(
    parent: ast.AST, scope: Scope, branch: Scope, lines: Sequence[str], *, local: bool
) -> Iterator[Block]:
    """Give the blocks within a node.

    `scope` are the definitions around them, `branch` also the headers of what else is.
    """
    for field, values in ast.iter_fields(parent):
        for node in values if isinstance(values, list) else ():
            if isinstance(node, Definition):
                yield from _definition(node, scope)
                inner, function = (*scope, node.name), not isinstance(node, ast.ClassDef)
                yield from _statements(node, inner, inner, lines, local=function)
            elif isinstance(node, _Inner):
                if isinstance(node, ast.stmt):
                    yield from _statement(node, scope, branch, lines, local=local)
                within = (*branch, field, _header(node))
                yield from _statements(node, scope, within, lines, local=local)


def _definition(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, scope: Scope
) -> Iterator[Block]:
    start = min([node.lineno, *(item.lineno for item in node.decorator_list)])
    places = range(start - 1, node.end_lineno or node.lineno)
    yield Block(scope, node.name, node.name, places)
    for decorator in node.decorator_list:
        for name, title in routes(decorator):
            yield Block(scope, name, title, places)


def _statement(
    node: ast.stmt, scope: Scope, branch: Scope, lines: Sequence[str], *, local: bool
) -> Iterator[Block]:
    places = range(node.lineno - 1, node.end_lineno or node.lineno)
    if isinstance(node, ast.Import | ast.ImportFrom):
        module = getattr(node, "module", ""), getattr(node, "level", 0)
        for alias in node.names:
            origin = f"{module} {alias.name}"
            name = origin if alias.name == "*" else alias.asname or alias.name
            yield Block(scope, name, name, places, origin)
        return
    names = [] if local else _assigned(node)
    yield from (Block(scope, name, name, places) for name in names)
    only_names = bool(names) and all(map(str.isidentifier, names))
    if not (only_names or _says_nothing(node)):
        title = lines[places.start].strip()
        yield Block(branch, ast.dump(node), title, places)


def _says_nothing(node: ast.stmt) -> bool:
    """Tell whether a statement is one like any other (`return`, `pass`), or a remark."""
    remark = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return remark or not any(True for _ in ast.iter_child_nodes(node))


def _assigned(node: ast.stmt) -> list[str]:
    """Give the names, attributes (`app.state.x`) and keys (`limits["x"]`) that are assigned."""
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", node)]
    if not isinstance(node, ast.Assign | ast.AnnAssign):
        return []
    return [
        ast.unparse(item)
        for target in targets
        for item in ast.walk(target)
        if isinstance(item, _Target) and isinstance(item.ctx, ast.Store)
    ]


def _header(node: ast.AST) -> str:
    """Give what a node says, without the statements in it."""
    said = [type(node).__name__]
    for _, value in ast.iter_fields(node):
        parts = value if isinstance(value, list) else [value]
        said += [
            ast.dump(part) if isinstance(part, ast.AST) else str(part)
            for part in parts
            if not isinstance(part, _Inner)
        ]
    return " ".join(said)
