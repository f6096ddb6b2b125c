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
from kgscaffold.merge.scope import scopes

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
    """Give a name to each different line of a scope; without scopes if a text has none."""
    tags = [scopes(path, side) for side in sides]
    names: dict[tuple[str, str], str] = {}
    return [
        [
            names.setdefault((scope, line), str(len(names)))
            for scope, line in zip(
                [""] * len(side) if None in tags or found is None else found, side, strict=True
            )
        ]
        for found, side in zip(tags, sides, strict=True)
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
    before = scopes(path, ours)
    if before is None:
        return True
    text: list[str] = []
    expected: list[str | None] = []
    for chunk in chunks:
        if chunk.side is Side.THEIRS:
            text.extend(_of(chunk.theirs, theirs))
            expected.extend([None] * len(chunk.theirs))
        else:
            text.extend(_of(chunk.ours, ours))
            expected.extend(_of(chunk.ours, before))
    after = scopes(path, text)
    return after is not None and all(
        wanted in (None, scope) for wanted, scope in zip(expected, after, strict=True)
    )


def _of(places: range, lines: Lines) -> Lines:
    return lines[places.start : places.stop]
