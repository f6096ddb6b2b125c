"""Tell what each line of a file belongs to: the function, class, table or chapter around it.

Two lines of the same text in different scopes are different lines to the merge, so that an edit
cannot slip from one function into its twin.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

Tags = tuple[str, ...]
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def scopes(path: str, lines: Sequence[str]) -> Tags | None:
    """Give the scope of each line; None where the text does not parse.

    A kind of file that is not known is one scope. Blank lines and comments after a definition
    belong to it; the decorators and comments directly above one belong to that one.
    """
    find = _FINDERS.get(PurePosixPath(path).suffix)
    return ("",) * len(lines) if find is None else find(lines)


def comparable_scopes(path: str, *texts: Sequence[str]) -> list[Tags]:
    """Give the scope of each line of each text, by the same rule for all.

    Where one does not parse, a scope reaches from a definition's first line to that of the next.
    """
    found = [scopes(path, text) for text in texts]
    parsed = [tags for tags in found if tags is not None]
    return parsed if len(parsed) == len(texts) else [_between_definitions(text) for text in texts]


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


def _python(lines: Sequence[str]) -> Tags | None:
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


def _headed(pattern: str) -> Callable[[Sequence[str]], Tags]:
    heading = re.compile(pattern)

    def find(lines: Sequence[str]) -> Tags:
        tags, current = [], ""
        for line in lines:
            if found := heading.match(line):
                current = found[0].strip()
            tags.append(current)
        return tuple(tags)

    return find


_between_definitions = _headed(r"\s*(?:async\s+def|def|class)\s+\w+")
_FINDERS: dict[str, Callable[[Sequence[str]], Tags | None]] = {
    ".py": _python,
    ".pyi": _python,
    ".toml": _headed(r"\[+[^\[\]=]+\]+\s*(?:#.*)?$"),
    ".ini": _headed(r"\[[^\]]+\]"),
    ".cfg": _headed(r"\[[^\]]+\]"),
    ".md": _headed(r"#{1,6} .*"),
}
