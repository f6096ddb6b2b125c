"""Edit files of one entry a line: variables (`.env.example`) and requirements."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from kgscaffold.merge.patch.edits import Edited, Edits, News, UnclearError
from kgscaffold.merge.patch.names import requirement_name
from kgscaffold.merge.source import Source

_VARIABLE = re.compile(r"\s*(?:#\s?)?(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)")
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
        """What the line says, for a variable however it is spaced or exported."""
        match = _VARIABLE.fullmatch(self.line)
        return f"{self.is_set} {match[1]}={match[2].strip()}" if match else self.line

    @property
    def lines(self) -> tuple[str, ...]:
        return (*self.comments, self.line)


def patch_variables(news: News, ours: Source) -> Edited:
    """Add variables with their comments, and change defaults that the user left alone."""
    for line in (*ours.lines, *news.theirs.splitlines()):
        match = _VARIABLE.fullmatch(line)
        value = match[2].strip() if match else ""
        if value[:1] in {'"', "'"} and value.count(value[0]) < 2:
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
    match = _VARIABLE.fullmatch(line)
    return match[1] if match else None
