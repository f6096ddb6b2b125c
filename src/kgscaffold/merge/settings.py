"""Settings (`key = value`) that both sides add: the user's stay, once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from kgscaffold.languages.source import Block
from kgscaffold.merge.blocks import blocks_of
from kgscaffold.merge.scope import JSON
from kgscaffold.merge.source import Source

_KINDS = (".ini", ".cfg")


def without_doubled(
    path: str, base: Source, ours: Source, theirs: Source
) -> tuple[Source, tuple[str, ...]]:
    """Give the templates' text without the settings that the user has added too.

    Those with another value come with a line each, for a person.
    """
    suffix = PurePosixPath(path).suffix
    if suffix in JSON:
        return _without_doubled_keys(path, base, ours, theirs)
    if suffix not in _KINDS:
        return theirs, ()
    old, mine, new = (_by_name(path, side.lines) for side in (base, ours, theirs))
    both = {key: block for key, block in new.items() if key in mine and key not in old}
    notes = [
        f"{block.title}: yours is kept; kgscaffold has {theirs.lines[block.places.start]}"
        for key, block in both.items()
        if block.meaning != mine[key].meaning
    ]
    # A section that only has such settings goes with them.
    needed = {block.scope[0] for key, block in new.items() if block.scope and key not in both}
    gone = {
        place
        for block in both.values()
        if block.scope or block.name not in needed
        for place in _with_comments(block, base.lines, theirs.lines)
    }
    rest = [line for place, line in enumerate(theirs.lines) if place not in gone]
    return Source.of("".join(f"{line}\n" for line in rest)) if gone else theirs, tuple(notes)


def _without_doubled_keys(
    path: str, base: Source, ours: Source, theirs: Source
) -> tuple[Source, tuple[str, ...]]:
    """Give the templates' JSON without the keys that the user has added too.

    One that shares a line with another, or is its table's last, is left to the merge of lines.
    """
    old, mine, new = (_by_name(path, side.lines) for side in (base, ours, theirs))
    notes: list[str] = []
    gone: set[int] = set()
    for key, block in new.items():
        at = block.places
        if key not in mine or key in old or at.start in gone:
            continue
        beside = [one for name, one in new.items() if name[: len(key)] != key]
        shared = any({at.start, at.stop - 1} & {*_ends(one.places)} for one in beside)
        if shared or not theirs.lines[at.stop - 1].rstrip().endswith(","):
            continue
        gone.update(at)
        if block.meaning != mine[key].meaning:
            value = theirs.lines[at.start].strip().removesuffix(",")
            notes.append(f"{block.title}: yours is kept; kgscaffold has {value}")
    rest = [line for place, line in enumerate(theirs.lines) if place not in gone]
    return Source.of("".join(f"{line}\n" for line in rest)) if gone else theirs, tuple(notes)


def _ends(places: range) -> tuple[int, int]:
    return places.start, places.stop - 1


def _by_name(path: str, lines: Sequence[str]) -> dict[tuple[str, ...], Block]:
    return {(*block.scope, block.name): block for block in blocks_of(path, lines) or ()}


def _with_comments(block: Block, base: Sequence[str], theirs: Sequence[str]) -> range:
    """Give the lines of a block and of the new comments directly above it."""
    start = block.places.start
    while start and theirs[start - 1].startswith(("#", ";")) and theirs[start - 1] not in base:
        start -= 1
    return range(start, block.places.stop)
