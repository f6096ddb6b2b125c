"""What a merge would leave twice, bring back, or leave standing, though its lines fit together.

Each block is counted in the three texts and in the result. Nobody meant a function to be there
twice that each side has once; nor one that the user deleted, because the templates moved it; nor
one that the templates deleted, because the user moved it. And of two that the user has of one
name, it is not known which the templates mean.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from kgscaffold.languages import language_of
from kgscaffold.languages.source import Block, Parts
from kgscaffold.merge.blocks import blocks_of

_Key = tuple[str, ...]
_ANYWHERE = ("anywhere",)
_TWICE = "{} would be there twice: you and the templates both added or moved it"


@dataclass(frozen=True, slots=True)
class Clash:
    """A block whose count is nobody's. `note` says so, for a person.

    `base`, `ours` and `theirs` are the lines that it is at.
    """

    note: str
    base: frozenset[int]
    ours: frozenset[int]
    theirs: frozenset[int]

    def covers(self, other: Clash) -> bool:
        """Tell whether another one is about lines of this one only."""
        return self.base >= other.base and self.ours >= other.ours and self.theirs >= other.theirs


def clashes(
    path: str,
    base: Sequence[str],
    ours: Sequence[str],
    theirs: Sequence[str],
    result: Sequence[str],
) -> list[Clash]:
    """Give the blocks that a merge has more often than it should; of one, not also its parts.

    None are known in other kinds of files, and where a text does not parse.
    """
    sides = [_counted(path, lines) for lines in (base, ours, theirs, result)]
    if any(side is None for side in sides):
        return []
    old, mine, new, merged = (side or {} for side in sides)
    found: list[Clash] = []
    for key, blocks in merged.items():
        at = [side.get(key, []) for side in (old, mine, new)]
        changed = _text(at[0], base) != _text(at[2], theirs)
        counts = (len(at[0]), len(at[1]), len(at[2]), len(blocks))
        if why := _why(key, counts, changed=changed):
            clash = Clash(why.format(f"`{blocks[0].title}`"), *map(_lines, at))
            if not any(former.covers(clash) for former in found):
                found.append(clash)
    return [*found, *_clashing_parts(path, base, ours, theirs, result)]


def _clashing_parts(path: str, *texts: Sequence[str]) -> list[Clash]:
    """Give the keywords, keys and columns that the calls and literals have too often.

    The texts are the base, the user's, the templates' and the result.
    """
    language = language_of(path)
    if language is None:
        return []
    sides = [language.parts(lines) or {} for lines in texts]
    found = []
    for key, parts in sides[3].items():
        old, mine, new = (side.get(key, Parts(parts.title, own=parts.own)) for side in sides[:3])
        counts = (old.count, mine.count, new.count, parts.count)
        why = _undone(counts) if parts.own else ""
        if parts.most > max(1, mine.most, new.most):
            why = _TWICE
        if why:
            places = [frozenset(side.places) for side in (old, mine, new)]
            found.append(Clash(why.format(f"`{parts.title}`"), *places))
    return found


def _why(key: _Key, counts: tuple[int, int, int, int], *, changed: bool) -> str:
    """Give what is wrong with a count, or nothing; `changed`: by the templates."""
    base, ours, theirs, result = counts
    if why := _undone(counts):
        return why
    if key[:1] != _ANYWHERE and result > max(ours, theirs):
        return _TWICE
    if key[:1] != _ANYWHERE and ours > max(base, theirs) and base and changed:
        return "you have {} more than once, and the templates changed it"
    return ""


def _undone(counts: tuple[int, int, int, int]) -> str:
    """Give who deleted what the result still has, or nothing."""
    base, ours, theirs, result = counts
    if ours < base and result > ours + max(0, theirs - base):
        return "you deleted {}, and the templates moved or changed it"
    if theirs < base and result > theirs + max(0, ours - base):
        return "the templates deleted {}, and you moved or changed it"
    return ""


def _counted(path: str, lines: Sequence[str]) -> dict[_Key, list[Block]] | None:
    """Give the blocks of a text by name, once within their scope, and once wherever they are."""
    blocks = blocks_of(path, lines)
    if blocks is None:
        return None
    counted: dict[_Key, list[Block]] = defaultdict(list)
    for block in blocks:
        counted["in", *block.scope, block.name].append(block)
        counted[*_ANYWHERE, block.name].append(block)
    return dict(counted)


def _text(blocks: Sequence[Block], lines: Sequence[str]) -> list[Sequence[str]]:
    return [lines[block.places.start : block.places.stop] for block in blocks]


def _lines(blocks: Sequence[Block]) -> frozenset[int]:
    return frozenset(place for block in blocks for place in block.places)
