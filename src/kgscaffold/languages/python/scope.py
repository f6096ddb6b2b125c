"""The definition around each line of a Python text."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence

from kgscaffold.languages.source import Tags

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
DEFINITION_LINE = re.compile(r"\s*(?:async\s+def|def|class)\s+\w+")


def program(lines: Sequence[str]) -> ast.Module | None:
    """Give the program that some lines are; None where they do not parse."""
    if any("\r" in line for line in lines):
        return None  # Python would count these as lines of their own.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse("\n".join(lines) + "\n")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def scopes(lines: Sequence[str]) -> Tags | None:
    """Give the scope of each line; None where the lines do not parse.

    Blank lines and comments after a definition belong to it; the decorators and comments directly
    above one belong to that one.
    """
    tree = program(lines)
    if tree is None:
        return None
    tags = [""] * len(lines)
    _mark(tree, "", tags, lines)
    return tuple(tags)


def _mark(node: ast.AST, name: str, tags: list[str], lines: Sequence[str]) -> None:
    for child in ast.iter_child_nodes(node):
        inner = name
        if isinstance(child, Definition):
            inner = f"{name}.{child.name}"
            first = min([child.lineno, *(item.lineno for item in child.decorator_list)]) - 1
            while first and lines[first - 1].lstrip().startswith("#"):
                first -= 1
            last = child.end_lineno or child.lineno
            while last < len(lines) and not lines[last].strip():
                last += 1
            tags[first:last] = [inner] * (last - first)
        _mark(child, inner, tags, lines)
