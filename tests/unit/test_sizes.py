"""Functions of about 40 lines, modules of about 300: ours, our tests', and what users get."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SNAPSHOTS = REPOSITORY / "tests/snapshots"
# By folder: the lines of a module, and those of a function's body without its docstring.
LIMITS = {"src": (300, 40), "scripts": (300, 40), "benchmarks": (300, 40), "tests": (350, 50)}
# What users get has a bound for its lines of code, too: tests/snapshots/test_rendered_quality.py.
RENDERED = {"src": (320, 40), "tests": (360, 50)}
# Tables of scenarios are data, as is a migration's list of columns; no limit helps to read them.
DATA = ("tests/merge/scenarios_*.py", "**/migrations/versions/*.py")


def _sources() -> Iterator[tuple[Path, tuple[int, int]]]:
    for folder, limits in LIMITS.items():
        for path in sorted((REPOSITORY / folder).rglob("*.py")):
            if not path.is_relative_to(SNAPSHOTS):
                yield path, limits
    for path in sorted(SNAPSHOTS.rglob("*.py")):
        rendered = path.relative_to(SNAPSHOTS)
        yield path, RENDERED["tests" if "tests" in rendered.parts else "src"]


SOURCES = {
    path.relative_to(REPOSITORY).as_posix(): limits
    for path, limits in _sources()
    if not any(path.relative_to(REPOSITORY).match(pattern) for pattern in DATA)
}


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Give the lines of a function's body, from the first statement that is not its docstring."""
    begin = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - begin[0].lineno + 1 if begin else 0


def too_long(text: str, most: int) -> list[str]:
    """Give the functions with more lines than that, with their number."""
    return [
        f"{node.name}: {lines_of(node)}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and lines_of(node) > most
    ]


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_modules_and_functions_stay_short(name: str) -> None:
    text = (REPOSITORY / name).read_text(encoding="utf-8")
    module, function = SOURCES[name]
    assert too_long(text, function) == []
    assert text.count("\n") <= module


def test_a_long_function_is_found_wherever_it_is_and_its_docstring_is_not_counted() -> None:
    body = "\n".join(f"        value = {number}" for number in range(41))
    text = f'class A:\n    async def f(self):\n        """Said\n        at length."""\n{body}\n'
    assert too_long(text, 40) == ["f: 41"]
    assert too_long(text, 41) == []
