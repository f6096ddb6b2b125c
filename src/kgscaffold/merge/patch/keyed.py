"""Edit files of one entry a line: variables (`.env.example`) and requirements."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import StringIO

from kgscaffold.merge.patch.edits import Edited, Edits, News, UnclearError
from kgscaffold.merge.patch.names import requirement_name
from kgscaffold.merge.source import Source

_COMMENTED_OUT = re.compile(r"\s*#\s?")
_QUOTED = re.compile(r"=\s*['\"]")
Key = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry: its line, its place, and the comments directly above it.

    `is_set` tells it from one that is commented out; `repeated` means that the file has the key
    more than once, commented out ones not counted.
    """

    key: str
    place: int
    line: str
    comments: tuple[str, ...]
    apart: bool
    repeated: bool

    @property
    def is_set(self) -> bool:
        return not self.line.lstrip().startswith("#")

    @property
    def meaning(self) -> str:
        """What the line says, for a variable however it is spaced, quoted or exported."""
        variable = _assignment(self.line)
        return f"{self.is_set} {variable[0]}={variable[1]}" if variable else self.line

    @property
    def lines(self) -> tuple[str, ...]:
        return (*self.comments, self.line)


def patch_variables(news: News, ours: Source) -> Edited:
    """Add variables with their comments, and change defaults that the user left alone."""
    if any(map(_goes_over_lines, ("\n".join(ours.lines), news.theirs))):
        raise UnclearError("a value goes over several lines", _added(news, _variable))
    return _patch(news, ours, _variable)


def patch_requirements(news: News, ours: Source) -> Edited:
    """Add requirements, and raise those that the user left alone."""
    if any(line.endswith("\\") for line in (*ours.lines, *news.theirs.splitlines())):
        raise UnclearError("a line is continued on the next", _added(news, requirement_name))
    return _patch(news, ours, requirement_name)


def _patch(news: News, ours: Source, key: Key) -> Edited:
    base, theirs = _read(news.base.splitlines(), key), _read(news.theirs.splitlines(), key)
    mine, edits = _read(ours.lines, key), Edits(ours)
    place: int | None = None
    for name, entry in theirs.items():
        if name in mine:
            _change(edits, base.get(name), entry, mine[name])
            place = mine[name].place + 1
        elif name in base:
            if base[name].line != entry.line:
                edits.notes.append(f"{name}: you removed it; it is now {entry.line}")
        else:
            where = len(ours.lines) if place is None else place
            edits.insert(where, [*[""] * (entry.apart and where > 0), *entry.lines])
            edits.changes.append(f"added {entry.line}")
    edits.notes += [
        f"{name}: kgscaffold no longer needs it"
        for name in base
        if name in mine and name not in theirs and not _is_commented_out(base[name], mine[name])
    ]
    return edits.done()


def _is_commented_out(base: _Entry | None, mine: _Entry) -> bool:
    """Tell whether the user has an entry as a comment that the templates did not have as one."""
    return not mine.is_set and (base is None or base.is_set)


def _change(edits: Edits, base: _Entry | None, theirs: _Entry, mine: _Entry) -> None:
    if _is_commented_out(base, mine):
        return
    if base is None:
        if theirs.is_set and mine.meaning != theirs.meaning:
            edits.notes.append(f"{mine.key}: yours is kept; kgscaffold has {theirs.line}")
        return
    if theirs.lines == base.lines or mine.lines == theirs.lines:
        return
    if mine.repeated or mine.line not in (base.line, theirs.line):
        told = mine.is_set or theirs.is_set
        if told and theirs.meaning not in (base.meaning, mine.meaning):
            kept = "yours is kept" if mine.is_set else "commented out in yours"
            edits.notes.append(f"{mine.key}: {kept}; it is now {theirs.line}")
        return
    comments = theirs.comments if mine.comments == base.comments else mine.comments
    if (*comments, theirs.line) != mine.lines:
        start = mine.place - len(mine.comments)
        edits.replace(range(start, mine.place + 1), (*comments, theirs.line))
        edits.changes.append(f"changed to {theirs.line}")


def _read(lines: tuple[str, ...] | list[str], key: Key) -> dict[str, _Entry]:
    """Give the entries by key; of a key that occurs twice, the last that is not commented out."""
    entries: dict[str, _Entry] = {}
    comments: list[str] = []
    apart = False
    for place, line in enumerate(lines):
        name = key(line)
        if name is not None:
            former = entries.get(name)
            entry = _Entry(name, place, line, tuple(comments), apart, repeated=False)
            if former is None or entry.is_set:
                repeated = former is not None and former.is_set
                entries[name] = replace(entry, repeated=repeated)
            comments, apart = [], False
        elif line.startswith("#"):
            comments.append(line)
        else:
            comments, apart = [], not line.strip()
    return entries


def _added(news: News, key: Key) -> list[str]:
    base, theirs = _read(news.base.splitlines(), key), _read(news.theirs.splitlines(), key)
    known = {entry.line for entry in base.values()}
    return [entry.line for entry in theirs.values() if entry.line not in known]


def _variable(line: str) -> str | None:
    variable = _assignment(line)
    return variable[0] if variable else None


def _assignment(line: str) -> tuple[str, str] | None:
    """Give the name and the value that a line sets, or would if it were not commented out."""
    from dotenv.parser import parse_stream

    found = next(parse_stream(StringIO(_uncommented(line))), None)
    if found is None or found.key is None or found.value is None:
        return None
    return (found.key, found.value) if found.key.isidentifier() else None


def _uncommented(line: str) -> str:
    start = _COMMENTED_OUT.match(line)
    return line[start.end() :] if start else line


def _goes_over_lines(text: str) -> bool:
    """Tell whether a value has a line's end in it, or a quote without its other one."""
    from dotenv.parser import parse_stream

    return any(
        "\n" in found.original.string.strip()
        or (found.error and _QUOTED.search(found.original.string))
        for found in parse_stream(StringIO(text))
    )
