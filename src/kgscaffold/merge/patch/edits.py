"""What the structural edits of all kinds of files share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from kgscaffold.merge.source import Source

Line = tuple[str, str | None]


class UnclearError(Exception):
    """It cannot be known where an edit belongs. `lines` are what a person has to add."""

    def __init__(self, message: str, lines: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.lines = tuple(lines)


@dataclass(frozen=True, slots=True)
class News:
    """What the templates had and have, as text with plain newlines."""

    base: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Edited:
    """The lines of the edited file, each with its own end or None, and what was done."""

    lines: tuple[Line, ...]
    changes: tuple[str, ...]
    notes: tuple[str, ...]


def relined(source: Source, lines: Sequence[str]) -> tuple[Line, ...]:
    """Give lines with the ends that they had in a user's file; None for those that are new."""
    ends: list[str | None] = [None] * len(lines)
    matcher = SequenceMatcher(None, source.lines, lines, autojunk=False)
    for match in matcher.get_matching_blocks():
        ends[match.b : match.b + match.size] = [
            end or None for end in source.ends[match.a : match.a + match.size]
        ]
    return tuple(zip(lines, ends, strict=True))


@dataclass(slots=True)
class Edits:
    """Edits of a user's file, collected by the places of its own lines, then made at once."""

    source: Source
    changes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _before: dict[int, list[str]] = field(default_factory=dict)
    _instead: dict[int, list[str]] = field(default_factory=dict)

    def insert(self, place: int, lines: Iterable[str]) -> None:
        """Put lines before the user's line at `place`, after those put there earlier."""
        self._before.setdefault(place, []).extend(lines)

    def replace(self, places: range, lines: Iterable[str]) -> None:
        """Put lines in the place of the user's lines at `places`, of which there is one or more."""
        self._instead |= {place: [] for place in places} | {places.start: list(lines)}

    def done(self) -> Edited:
        """Give the file with every edit made."""
        lines: list[Line] = []
        own = zip(self.source.lines, self.source.ends, strict=True)
        for place, (line, end) in enumerate(own):
            lines += [(new, None) for new in self._before.get(place, ())]
            if place in self._instead:
                lines += [(new, None) for new in self._instead[place]]
            else:
                lines.append((line, end or None))
        lines += [(new, None) for new in self._before.get(len(self.source.lines), ())]
        return Edited(tuple(lines), tuple(self.changes), tuple(self.notes))
