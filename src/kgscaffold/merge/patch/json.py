"""Edit a JSON file key by key: every byte that is not edited stays."""

from __future__ import annotations

import json
from bisect import bisect
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from kgscaffold.merge.patch.edits import Edited, News, UnclearError, relined
from kgscaffold.merge.patch.layout import Layout, Span
from kgscaffold.merge.patch.tree import update
from kgscaffold.merge.source import Source


def patch_json(news: News, ours: Source) -> Edited:
    """Add keys and dependencies, and change values that the user left alone.

    Raises UnclearError if the user's text is not JSON, has a key twice, or would not be kept.
    """
    base, theirs = json.loads(news.base), json.loads(news.theirs)
    try:
        document = json.loads(ours.text, object_pairs_hook=_without_doubles)
        layout = Layout(ours.text)
    except (ValueError, RecursionError) as error:
        raise UnclearError(f"it is not JSON ({error})", _new_lines(news)) from error
    if not all(isinstance(side, dict) for side in (base, theirs, document)):
        raise UnclearError("it is not a table of keys", _new_lines(news))
    expected = deepcopy(document)
    done = update(base, theirs, expected, name_of=lambda _: None)
    _bring(layout, layout.whole, (document, expected, theirs))
    text = layout.edited()
    if json.loads(text) != expected:
        raise UnclearError("its own layout would be lost", _new_lines(news))
    lines = relined(ours, text.removesuffix("\n").split("\n"))
    return Edited(lines, tuple(done.changes), tuple(done.notes))


def _bring(
    layout: Layout, table: Span, sides: tuple[Mapping[str, Any], Mapping[str, Any], Any]
) -> None:
    """Edit a table's text so that it says what it should: the user's, as it becomes, the new."""
    was, becomes, theirs = sides
    new = theirs if isinstance(theirs, Mapping) else {}
    pairs = layout.pairs(table)
    for key, value in becomes.items():
        if key not in was or was[key] == value:
            continue
        if isinstance(value, Mapping) and isinstance(was[key], Mapping):
            _bring(layout, pairs[key].value, (was[key], value, new.get(key)))
        else:
            layout.replace(pairs[key].value, value)
    former: str | None = None
    for key in _ordered(list(was), [*new], [key for key in becomes if key not in was]):
        if key in was:
            former = key
        else:
            layout.add(table, former, key, becomes[key])


def _ordered(own: list[str], theirs: Sequence[str], added: Sequence[str]) -> list[str]:
    """Give the keys of a table with the added ones where they belong.

    That is by the alphabet where both sides have it so, as npm does, else beside their neighbours.
    """
    order = list(own)
    alphabetical = order == sorted(order) and list(theirs) == sorted(theirs)
    for key in sorted(added) if alphabetical else added:
        at = theirs.index(key)
        earlier = [order.index(other) + 1 for other in theirs[:at] if other in order]
        later = [order.index(other) for other in theirs[at:] if other in order]
        beside = [*earlier[-1:], *later[:1], len(order)][0]
        order.insert(bisect(order, key) if alphabetical else beside, key)
    return order


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f'"{twice}" is there twice')
    return table


def _new_lines(news: News) -> list[str]:
    known = set(news.base.splitlines())
    return [line for line in news.theirs.splitlines() if line not in known]
