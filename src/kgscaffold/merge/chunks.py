"""Cut three texts into pieces that are the same, changed on one side, or changed on both."""

from __future__ import annotations

from collections.abc import Container, Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kgscaffold.merge.align import sure_pairs


class Side(StrEnum):
    """Who changed a piece; `SAME`: nobody, or both alike."""

    SAME = "same"
    OURS = "ours"
    THEIRS = "theirs"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of the three texts, as ranges of their lines."""

    side: Side
    base: range
    ours: range
    theirs: range


def three_way(
    base: Sequence[Hashable],
    ours: Sequence[Hashable],
    theirs: Sequence[Hashable],
    weak: Container[Hashable] = (),
) -> list[Chunk]:
    """Give the pieces in order; they begin and end only at lines that surely correspond.

    So two edits without an unchanged line between them are in one piece, and so is everything
    within a stretch where it cannot be known which of several equal lines is which; the `weak`
    lines do not help to know.
    """
    to_ours, to_theirs = sure_pairs(base, ours, weak), sure_pairs(base, theirs, weak)
    anchors = [(i, to_ours[i], to_theirs[i]) for i in sorted(to_ours.keys() & to_theirs.keys())]
    chunks: list[Chunk] = []
    b = o = t = 0
    for i, j, k in [*anchors, (len(base), len(ours), len(theirs))]:
        if (b, o, t) != (i, j, k):
            side = _side(base[b:i], ours[o:j], theirs[t:k])
            chunks.append(Chunk(side, range(b, i), range(o, j), range(t, k)))
        if i < len(base):
            chunks.append(Chunk(Side.SAME, range(i, i + 1), range(j, j + 1), range(k, k + 1)))
        b, o, t = i + 1, j + 1, k + 1
    return chunks


def join(chunks: Sequence[Chunk]) -> Chunk:
    """Give one piece, changed on both sides, that spans consecutive pieces."""
    first, last = chunks[0], chunks[-1]
    return Chunk(
        Side.BOTH,
        range(first.base.start, last.base.stop),
        range(first.ours.start, last.ours.stop),
        range(first.theirs.start, last.theirs.stop),
    )


def _side(base: Sequence[Hashable], ours: Sequence[Hashable], theirs: Sequence[Hashable]) -> Side:
    if ours == theirs:
        return Side.SAME
    if ours == base:
        return Side.THEIRS
    return Side.OURS if theirs == base else Side.BOTH
