"""Merge lines. Two engines have to agree.

Ours (`chunks`) cuts the texts only at lines that surely correspond, takes lines of the same text
in two functions for different lines, and gives no say to lines without a word; `git merge-file`
gets the same lines. Where git would have it otherwise, or a line of the user's would end up in
another function, there is a conflict.
"""

from __future__ import annotations

from collections.abc import Sequence

from kgscaffold.merge.chunks import Chunk, Side, join, three_way
from kgscaffold.merge.git import merge_file
from kgscaffold.merge.scope import comparable_scopes, scopes

Lines = Sequence[str]


def merge_lines(path: str, base: Lines, ours: Lines, theirs: Lines) -> list[Chunk]:
    """Give the pieces of the merge, in order; those changed on both sides are the conflicts.

    Raises GitMissingError.
    """
    tokens = _tokens(path, base, ours, theirs)
    weak = {
        token
        for names, lines in zip(tokens, (base, ours, theirs), strict=True)
        for token, line in zip(names, lines, strict=True)
        if not any(map(str.isalnum, line))
    }
    chunks = three_way(tokens[0], tokens[1], tokens[2], weak)
    if _git_agrees(chunks, *tokens) and _scopes_stay(path, chunks, ours, theirs):
        return chunks
    changed = [index for index, chunk in enumerate(chunks) if chunk.side is not Side.SAME]
    first, last = changed[0], changed[-1] + 1
    return [*chunks[:first], join(chunks[first:last]), *chunks[last:]]


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
    text: list[str] = []
    places: list[int | None] = []
    for chunk in chunks:
        if chunk.side is Side.THEIRS:
            text.extend(_of(chunk.theirs, theirs))
            places.extend([None] * len(chunk.theirs))
        else:
            text.extend(_of(chunk.ours, ours))
            places.extend(chunk.ours)
    if scopes(path, text) is None and scopes(path, ours) is not None:
        return False
    before, after = comparable_scopes(path, ours, text)
    return all(
        place is None or before[place] == scope for place, scope in zip(places, after, strict=True)
    )


def _of(places: range, lines: Lines) -> Lines:
    return lines[places.start : places.stop]
