"""The top-level statements of a Python text."""

from __future__ import annotations

import ast
import warnings
from itertools import pairwise

from kgscaffold.languages.source import Statement


def statements(text: str) -> list[Statement]:
    """Give the statements in order; raises SyntaxError, also for two that share a line."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nodes = ast.parse(text).body
    lines = text.split("\n")
    found = [_statement(node, lines) for node in nodes]
    for former, latter in pairwise(found):
        if former.places.stop > latter.places.start:
            raise SyntaxError("two statements share a line", ("", latter.places.start + 1, 1, ""))
    return found


def _statement(node: ast.stmt, lines: list[str]) -> Statement:
    decorators = getattr(node, "decorator_list", [])
    start = min([node.lineno, *(item.lineno for item in decorators)]) - 1
    stop = node.end_lineno or node.lineno
    first = start
    while first and lines[first - 1].startswith("#") and "kgscaffold:id=" not in lines[first - 1]:
        first -= 1
    blanks = first
    while blanks and not lines[blanks - 1].strip():
        blanks -= 1
    return Statement(
        meaning=ast.dump(node),
        name=_name(node),
        call=_call(node),
        imports=tuple(_imports(node)),
        places=range(start, stop),
        lines=tuple(lines[start:stop]),
        comments=tuple(lines[first:start]),
        blanks=first - blanks,
    )


def _name(node: ast.stmt) -> str:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name
    if isinstance(node, ast.ImportFrom):
        return f"from {'.' * node.level}{node.module or ''}"
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    return names[0] if len(names) == 1 else ""


def _call(node: ast.stmt) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return ast.unparse(node.value.func)
    return ""


def _imports(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Import):
        return [f"import {_alias(item)}" for item in node.names]
    if isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        return [f"from {module} import {_alias(item)}" for item in node.names]
    return []


def _alias(item: ast.alias) -> str:
    return f"{item.name} as {item.asname}" if item.asname else item.name
