"""Merge one file's three texts; the only place that does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kgscaffold.merge.chunks import Chunk, Side
from kgscaffold.merge.engine import MergedLines, merge_lines
from kgscaffold.merge.formatters import Formatter, FormatterError
from kgscaffold.merge.git import GitMissingError
from kgscaffold.merge.model import UNFORMATTED, Labels, Merge, Reason, Refusal
from kgscaffold.merge.parse import parses
from kgscaffold.merge.settings import without_doubled
from kgscaffold.merge.source import Source, read_sources


def merge_text(
    base: bytes,
    ours: bytes,
    theirs: bytes,
    *,
    path: str,
    labels: Labels | None = None,
    formatter: Formatter | None = None,
) -> Merge | Refusal:
    """Give the user's file (`ours`) with what the templates changed from `base` to `theirs`.

    The result has the line endings, byte order mark and final newline of the user's file. With a
    formatter, and a user's file that is clean under it, the templates' texts are formatted first.
    Refuses what is not text, what has conflict markers, and to work without git where both sides
    changed.
    """
    if theirs in (base, ours):
        return Merge(ours, 0, parses=parses(path, ours))
    sources = read_sources(base, ours, theirs)
    if isinstance(sources, Refusal):
        return sources
    old, mine, new = sources
    notes: tuple[str, ...] = ()
    if formatter is not None and formatter.handles(path) and mine.lines != old.lines:
        old, new, notes = _formatted(formatter, path, old, mine, new)
    new, left = without_doubled(path, old, mine, new)
    try:
        merged = _merge(path, old, mine, new)
    except GitMissingError as error:
        return Refusal(Reason.NO_GIT, f"git is needed to merge it ({error})")
    content = mine.write(_written(merged.chunks, old, mine, new, labels or Labels()))
    conflicts = sum(chunk.side is Side.BOTH for chunk in merged.chunks)
    sound = None if conflicts else parses(path, content)
    return Merge(content, conflicts, (*notes, *merged.notes), sound, left)


def _formatted(
    formatter: Formatter, path: str, base: Source, ours: Source, theirs: Source
) -> tuple[Source, Source, tuple[str, ...]]:
    """Give the templates' texts as the formatter has them, if the user's is as it has it."""
    try:
        if formatter.format(path, ours.text) != ours.text:
            return base, theirs, ()
        texts = [formatter.format(path, side.text) for side in (base, theirs)]
    except FormatterError as error:
        return base, theirs, (f"{UNFORMATTED} {formatter.name}: {error}",)
    return Source.of(texts[0]), Source.of(texts[1]), ()


def _merge(path: str, base: Source, ours: Source, theirs: Source) -> MergedLines:
    whole = [range(len(side.lines)) for side in (base, ours, theirs)]
    if base.lines == theirs.lines:
        return MergedLines([Chunk(Side.OURS, *whole)])
    if base.lines == ours.lines:
        return MergedLines([Chunk(Side.THEIRS, *whole)])
    return merge_lines(path, base.lines, ours.lines, theirs.lines)


def _written(
    chunks: Sequence[Chunk], base: Source, ours: Source, theirs: Source, labels: Labels
) -> Iterator[tuple[str, str | None]]:
    for chunk in chunks:
        mine = zip(ours.cut(chunk.ours), ours.ends[chunk.ours.start :], strict=False)
        if chunk.side is Side.THEIRS:
            yield from ((line, None) for line in theirs.cut(chunk.theirs))
        elif chunk.side is Side.BOTH:
            yield f"<<<<<<< {labels.ours}", None
            yield from mine
            yield f"||||||| {labels.base}", None
            yield from ((line, None) for line in base.cut(chunk.base))
            yield "=======", None
            yield from ((line, None) for line in theirs.cut(chunk.theirs))
            yield f">>>>>>> {labels.theirs}", None
        else:
            yield from mine
