"""Take functions and methods out of a program, and put them elsewhere, as people do."""

from __future__ import annotations

import ast


def without(text: str, name: str) -> str:
    """Give a program without one of its functions."""
    return _parts(text, name)[0]


def moved_above(text: str, name: str, other: str) -> str:
    """Give a program with one of its functions above another one of the same depth."""
    rest, block = _parts(text, name)
    return added_above(rest, block, other)


def added_above(text: str, block: str, other: str) -> str:
    """Give a program with a block above one of its functions."""
    lines = text.split("\n")
    place = _places(text, other).start
    gap = [""] if block.startswith(" ") else ["", ""]
    return "\n".join([*lines[:place], *block.split("\n"), *gap, *lines[place:]])


def _parts(text: str, name: str) -> tuple[str, str]:
    lines = text.split("\n")
    places = _places(text, name)
    block = lines[places.start : places.stop]
    before, after = lines[: places.start], lines[places.stop :]
    while before and not before[-1]:
        before.pop()
    rest = "\n".join([*before, *after])
    return rest.rstrip("\n") + "\n", "\n".join(block)


def _places(text: str, name: str) -> range:
    (node,) = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and node.name == name
    ]
    start = min([node.lineno, *(item.lineno for item in node.decorator_list)]) - 1
    return range(start, node.end_lineno or node.lineno)
