"""Texts whose lines are known by more than their words: which line is which is never in doubt.

A line keeps its number while it stays where it is; a line that is new, edited or moved gets a new
one. So the true merge of two edited texts can be told, which a diff can only guess.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from tree_sitter import Node

from tests.merge import scripts

SCRIPTS = (".ts", ".js")
_numbers = count(1)


@dataclass(frozen=True)
class Line:
    """One line and its number."""

    text: str
    number: int


@dataclass(frozen=True)
class Spot:
    """The lines of one statement, or one line of a text that is no program.

    `member`: of a class, in a language where statements cannot stand there.
    """

    start: int
    stop: int
    indent: str
    top: bool
    name: str = ""
    member: bool = False


def new(text: str) -> Line:
    """Give a line that was not there before."""
    return Line(text, next(_numbers))


def renew(lines: Sequence[Line]) -> list[Line]:
    """Give lines of the same words that are others."""
    return [new(line.text) for line in lines]


def read(content: bytes) -> list[Line]:
    """Give a text's lines, all new."""
    return [new(text) for text in content.decode().removesuffix("\n").split("\n")]


def write(lines: Sequence[Line]) -> bytes:
    """Give the text of some lines."""
    return "".join(f"{line.text}\n" for line in lines).encode()


def is_program(path: str) -> bool:
    """Tell whether a file is one that the tests can read as a program."""
    return path.endswith((".py", *SCRIPTS))


def remark(path: str, text: str) -> str:
    """Give a line that says nothing to a computer."""
    return f"// {text}" if path.endswith(SCRIPTS) else f"# {text}"


def own_line(path: str, spot: Spot, word: str) -> str:
    """Give a line that does something, to stand beside a statement."""
    if spot.member:
        return f'{spot.indent}{word} = "{word}";'
    return f'{spot.indent}print("{word}")' + (";" if path.endswith(SCRIPTS) else "")


def own_block(path: str, spot: Spot, name: str, word: str) -> list[Line]:
    """Give a function to stand beside a block, or a method."""
    indent = spot.indent
    if not path.endswith(SCRIPTS):
        return [new(f"{indent}def {name}() -> None:"), new(f'{indent}    print("{word}")')]
    header = f"{name}()" if spot.member else f"function {name}()"
    return [new(f"{indent}{header} {{"), new(f'{indent}  print("{word}");'), new(f"{indent}}}")]


def parses(path: str, lines: Sequence[Line]) -> bool:
    """Tell whether some lines are a program."""
    content = write(lines)
    if path.endswith(SCRIPTS):
        return scripts.parsed(content) is not None
    return parsed(content) is not None


def parsed(content: bytes) -> ast.Module | None:
    """Give the program in a text, None if it is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(content.decode())
    except (SyntaxError, ValueError):
        return None


def spots(path: str, lines: Sequence[Line]) -> list[Spot]:
    """Give where a statement begins and ends, for programs; else every line but the first."""
    script = scripts.parsed(write(lines)) if path.endswith(SCRIPTS) else None
    if script is not None:
        return sorted(_steps(script, lines), key=lambda spot: (spot.start, spot.stop))
    tree = parsed(write(lines)) if path.endswith(".py") else None
    if tree is None:
        return [Spot(place, place + 1, "", top=True) for place in range(1, len(lines))]
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt):
            decorators = getattr(node, "decorator_list", [])
            start = min([node.lineno, *(item.lineno for item in decorators)]) - 1
            text = lines[start].text
            indent = text[: len(text) - len(text.lstrip())]
            name = str(getattr(node, "name", ""))
            stop = node.end_lineno or node.lineno
            found.append(Spot(start, stop, indent, top=not indent, name=name))
    return sorted(found, key=lambda spot: (spot.start, spot.stop))


def _steps(script: Node, lines: Sequence[Line]) -> Iterator[Spot]:
    for step in scripts.steps(script, [line.text for line in lines]):
        text = lines[step.start].text
        indent = text[: len(text) - len(text.lstrip())]
        yield Spot(step.start, step.stop, indent, not indent, step.name, step.member)


def definitions(path: str, lines: Sequence[Line]) -> list[Spot]:
    """Give the functions and classes at the top of a program."""
    return [spot for spot in spots(path, lines) if spot.top and spot.name]


def blocks(path: str, lines: Sequence[Line]) -> list[Spot]:
    """Give the functions, methods and classes of a program, wherever they are."""
    return [spot for spot in spots(path, lines) if spot.name]


def with_block(
    lines: Sequence[Line], block: Sequence[Line], target: Spot, *, above: bool
) -> list[Line]:
    """Give lines with a block above or below another one, and blank lines between."""
    gap = [new("")] * (2 if target.top else 1)
    if above:
        return [*lines[: target.start], *block, *renew(gap), *lines[target.start :]]
    return [*lines[: target.stop], *renew(gap), *block, *lines[target.stop :]]


def without_block(lines: Sequence[Line], block: Spot) -> list[Line]:
    """Give lines without a block, and without the blank lines above it."""
    before = list(lines[: block.start])
    while before and not before[-1].text:
        before.pop()
    return [*before, *lines[block.stop :]]


def moved_block(path: str, lines: Sequence[Line], origin: Spot, number: int) -> list[Line]:
    """Give lines with a block above or below another one that is as deep as it, if there is one."""
    block, rest = renew(lines[origin.start : origin.stop]), without_block(lines, origin)
    alike = [
        spot
        for spot in blocks(path, rest)
        if (spot.indent, spot.member) == (origin.indent, origin.member)
    ]
    if not alike:
        return list(lines)
    return with_block(rest, block, alike[number // 2 % len(alike)], above=number % 2 == 0)


def names(path: str, content: bytes) -> Counter[str] | None:
    """Give how often a program defines each function, method and class; None if it is none."""
    plain = content.replace(b"\r\n", b"\n").removeprefix(b"\xef\xbb\xbf")
    if path.endswith(SCRIPTS):
        script = scripts.parsed(plain)
        return None if script is None else Counter(scripts.names(script))
    tree = parsed(plain)
    return None if tree is None else Counter(_names(tree, ""))


def _names(node: ast.AST, scope: str) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        inner = scope
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inner = f"{scope}.{child.name}"
            yield inner
        yield from _names(child, inner)


def keys(content: bytes) -> dict[str, list[str]]:
    """Give the values of each setting of an ini, env or toml text, by section and name."""
    text = content.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    found: dict[str, list[str]] = {}
    if text.startswith("{"):
        for name, value in _pairs(text):
            found.setdefault(name, []).append(value)
        return found
    for name, value, _ in _settings(text.split("\n")):
        found.setdefault(name, []).append(value)
    return found


def _pairs(text: str) -> list[tuple[str, str]]:
    """Give every key of a JSON text, those of one name in different tables alike."""
    pairs: list[tuple[str, str]] = []

    def keep(table: list[tuple[str, object]]) -> None:
        pairs.extend((key, str(value)) for key, value in table)

    try:
        json.loads(text, object_pairs_hook=keep)
    except ValueError:
        return []
    return pairs


def without_settings_of_both(
    base: Sequence[Line], ours: Sequence[Line], theirs: Sequence[Line]
) -> list[Line]:
    """Give the templates' lines of an ini text without the settings that the user has added too."""
    old, mine, new = (
        list(_settings([line.text for line in side])) for side in (base, ours, theirs)
    )
    added = {name for name, _, _ in mine} - {name for name, _, _ in old}
    gone = {place for name, _, place in new if name in added}
    return [line for place, line in enumerate(theirs) if place not in gone]


def _settings(lines: Sequence[str]) -> Iterator[tuple[str, str, int]]:
    """Give each setting: its section and name, its value, and the line it is at."""
    section = ""
    for place, line in enumerate(lines):
        if match := re.match(r"\[[^\]]*\]", line):
            section = match[0]
        elif match := re.fullmatch(r"([A-Za-z_][\w.-]*)\s*=\s*(.*)", line):
            yield f"{section}{match[1]}", match[2], place


def scope_of(path: str, content: bytes, text: str) -> str | None:
    """Give the definition that the only line with some text is in, None if that is unknown."""
    plain = content.replace(b"\r\n", b"\n").removeprefix(b"\xef\xbb\xbf")
    if path.endswith(SCRIPTS):
        script = scripts.parsed(plain)
        rows = [row for row, line in enumerate(plain.decode().split("\n")) if text in line]
        if script is None or len(rows) != 1:
            return None
        return ".".join(scripts.around(script, rows[0]))
    tree = parsed(plain)
    places = [place for place, line in enumerate(content.decode().split("\n"), 1) if text in line]
    if tree is None or len(places) != 1:
        return None
    names = [
        (node.lineno, node.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and node.lineno <= places[0] <= (node.end_lineno or node.lineno)
    ]
    return ".".join(name for _, name in sorted(names))


def true_merge(
    base: Sequence[Line], ours: Sequence[Line], theirs: Sequence[Line]
) -> list[str] | None:
    """Give the words of the merge of two texts by their lines' numbers; None for a conflict."""
    mine = {line.number: place for place, line in enumerate(ours)}
    their = {line.number: place for place, line in enumerate(theirs)}
    common = [line.number for line in base if line.number in mine and line.number in their]
    merged: list[str] = []
    b, o, t = 0, 0, 0
    ends = [
        (place, mine[line.number], their[line.number])
        for place, line in enumerate(base)
        if line.number in common
    ]
    for i, j, k in [*ends, (len(base), len(ours), len(theirs))]:
        old, our, new_ = (
            [line.text for line in lines] for lines in (base[b:i], ours[o:j], theirs[t:k])
        )
        if our != new_ and old not in (our, new_):
            return None
        merged += new_ if our == old else our
        if i < len(base):
            merged.append(base[i].text)
        b, o, t = i + 1, j + 1, k + 1
    return merged
