"""What a source text consists of, in whatever language; imported where there is one to merge."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

Tags = tuple[str, ...]
Scope = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One thing that a text has, at some of its lines.

    `name` is what it is known by in its scope; a statement that defines nothing is known by all
    that it says. `title` is what a person calls it. `meaning` tells two of one name apart.
    """

    scope: Scope
    name: str
    title: str
    places: range
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A top-level statement.

    `meaning` is the same for two that differ in layout only; `name` is what it defines, if that is
    one thing, or the module it imports from; `call` is what it calls, if that is all it does;
    `imports` are the imports it consists of, one each; `comments` are those directly above it, and
    `blanks` the empty lines above these. `body` are the lines of the statements within it, where it
    is one function whose body can be read by itself.
    """

    meaning: str
    name: str
    call: str
    imports: tuple[str, ...]
    places: range
    lines: tuple[str, ...]
    comments: tuple[str, ...]
    blanks: int
    body: range | None = None

    @property
    def title(self) -> str:
        """Its first line, for a person."""
        return self.lines[0].strip()


@dataclass(slots=True)
class Parts:
    """All parts of one name, in all calls or literals of one kind in a scope.

    `count` is how often they have it together, `most` how often one of them; `places` are the
    lines of all. A keyword is said of many calls, and none is known by it: it is no `own` name.
    """

    title: str
    own: bool
    count: int = 0
    most: int = 0
    places: set[int] = field(default_factory=set)


def headed(heading: re.Pattern[str], lines: Sequence[str]) -> Tags:
    """Give, for each line, the last one at or before it that begins with a heading."""
    tags, current = [], ""
    for line in lines:
        if found := heading.match(line):
            current = found[0].strip()
        tags.append(current)
    return tuple(tags)
