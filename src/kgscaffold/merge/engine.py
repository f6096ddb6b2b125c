"""Merge lines. Two engines have to agree.

Ours (`chunks`) cuts the texts only at lines that surely correspond, takes lines of the same text
in two functions for different lines, and gives no say to lines without a word; `git merge-file`
gets the same lines. Where git would have it otherwise, or a line of the user's would end up in
another function, there is a conflict; and so where lines that fit together would leave a function
twice, or bring back a deleted one (`clashes`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from kgscaffold.merge.chunks import Chunk, Side, join, three_way
from kgscaffold.merge.clashes import Clash, clashes
from kgscaffold.merge.git import merge_file
from kgscaffold.merge.scope import comparable_scopes, scopes

Lines = Sequence[str]


@dataclass(frozen=True, slots=True)
class MergedLines:
    """The pieces of a merge, in order; those changed on both sides are the conflicts.

    `notes` say of conflicts that are not seen in the lines what they are about.
    """

    chunks: list[Chunk]
    notes: tuple[str, ...] = ()


def merge_lines(path: str, base: Lines, ours: Lines, theirs: Lines) -> MergedLines:
    """Give the merge of three texts. Raises GitMissingError."""
    tokens = _tokens(path, base, ours, theirs)
    weak = {
        token
        for names, lines in zip(tokens, (base, ours, theirs), strict=True)
        for token, line in zip(names, lines, strict=True)
        if not any(map(str.isalnum, line))
    }
    chunks = three_way(tokens[0], tokens[1], tokens[2], weak)
    if not (_git_agrees(chunks, *tokens) and _scopes_stay(path, chunks, ours, theirs)):
        return MergedLines(_joined(chunks, _changed))
    notes: dict[str, None] = {}
    news = True
    while news:
        news = False
        result = [line for line, _ in _result(chunks, ours, theirs)]
        for clash in clashes(path, base, ours, theirs, result):
            touched = any(_touches(chunk, clash) for chunk in chunks)
            joined = _joined(chunks, partial(_touches, clash=clash) if touched else _changed)
            if joined != chunks:
                chunks, news, notes[clash.note] = joined, True, None
    return MergedLines(chunks, tuple(notes))


def _joined(chunks: Sequence[Chunk], chosen: Callable[[Chunk], bool]) -> list[Chunk]:
    """Give the pieces with one conflict from the first of those chosen to the last."""
    places = [place for place, chunk in enumerate(chunks) if chosen(chunk)]
    first, last = places[0], places[-1] + 1
    return [*chunks[:first], join(chunks[first:last]), *chunks[last:]]


def _changed(chunk: Chunk) -> bool:
    return chunk.side is not Side.SAME


def _touches(chunk: Chunk, clash: Clash) -> bool:
    """Tell whether a piece changes lines of a block that is in more places than it should be."""
    return _changed(chunk) and not (
        clash.base.isdisjoint(chunk.base)
        and clash.ours.isdisjoint(chunk.ours)
        and clash.theirs.isdisjoint(chunk.theirs)
    )


def _tokens(path: str, *sides: Lines) -> list[list[str]]:
    """Give a name to each different line of a scope."""
    names: dict[tuple[str, str], str] = {}
    return [
        [
            names.setdefault((scope, line), str(len(names)))
            for scope, line in zip(tags, side, strict=True)
        ]
        for tags, side in zip(comparable_scopes(path, *sides), sides, strict=True)
    ]


def _git_agrees(chunks: Sequence[Chunk], base: Lines, ours: Lines, theirs: Lines) -> bool:
    """Tell whether git merges all but the conflicts to the same lines."""
    texts: tuple[list[str], ...] = ([], [], [], [])
    for index, chunk in enumerate(chunks):
        parts = [_of(chunk.base, base), _of(chunk.ours, ours), _of(chunk.theirs, theirs)]
        parts.append(parts[2] if chunk.side is Side.THEIRS else parts[1])
        for text, part in zip(texts, parts, strict=True):
            text.extend([f"conflict {index}"] if chunk.side is Side.BOTH else part)
    return merge_file(*texts[:3]) == tuple(texts[3])


def _scopes_stay(path: str, chunks: Sequence[Chunk], ours: Lines, theirs: Lines) -> bool:
    """Tell whether every line of the user's file that stays is in the scope it was in."""
    merged = _result(chunks, ours, theirs)
    text, places = [line for line, _ in merged], [place for _, place in merged]
    if scopes(path, text) is None and scopes(path, ours) is not None:
        return False
    before, after = comparable_scopes(path, ours, text)
    return all(
        place is None or before[place] == scope for place, scope in zip(places, after, strict=True)
    )


def _result(chunks: Sequence[Chunk], ours: Lines, theirs: Lines) -> list[tuple[str, int | None]]:
    """Give the merged lines, each with its place in the user's file if it is from there.

    A conflict counts as settled in the user's favour.
    """
    merged: list[tuple[str, int | None]] = []
    for chunk in chunks:
        if chunk.side is Side.THEIRS:
            merged += [(line, None) for line in _of(chunk.theirs, theirs)]
        else:
            merged += [(ours[place], place) for place in chunk.ours]
    return merged


def _of(places: range, lines: Lines) -> Lines:
    return lines[places.start : places.stop]
