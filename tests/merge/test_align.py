"""Which lines correspond beyond doubt, checked against every possible diff."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from kgscaffold.merge.align import certain_pairs
from kgscaffold.merge.chunks import Side, three_way

words = st.text("ab\u00e9", max_size=7)


def every_longest(old: str, new: str) -> list[set[tuple[int, int]]]:
    for length in range(min(len(old), len(new)), 0, -1):
        found = [
            set(zip(mine, theirs, strict=True))
            for mine in combinations(range(len(old)), length)
            for theirs in combinations(range(len(new)), length)
            if all(old[i] == new[j] for i, j in zip(mine, theirs, strict=True))
        ]
        if found:
            return found
    return []


@settings(max_examples=300, deadline=None)
@given(words, words)
def test_a_certain_pair_is_in_every_shortest_diff(old: str, new: str) -> None:
    possible = every_longest(old, new)
    expected = set.intersection(*possible) if possible else set()
    assert set(certain_pairs(old, new).items()) == expected


def test_of_two_equal_copies_none_is_certain() -> None:
    assert certain_pairs("xay", "xaay") == {0: 0, 2: 3}


def test_an_insertion_leaves_the_rest_certain() -> None:
    assert certain_pairs("abc", "abxc") == {0: 0, 1: 1, 2: 3}


@settings(max_examples=300, deadline=None)
@given(words, words, words)
def test_the_pieces_are_the_three_texts(base: str, ours: str, theirs: str) -> None:
    chunks = three_way(base, ours, theirs)
    for name, text in (("base", base), ("ours", ours), ("theirs", theirs)):
        assert [place for chunk in chunks for place in getattr(chunk, name)] == list(
            range(len(text))
        )
    if base == ours:
        assert not [chunk for chunk in chunks if chunk.side in (Side.OURS, Side.BOTH)]


def test_edits_with_nothing_between_them_are_one_piece() -> None:
    sides = [chunk.side for chunk in three_way("abcd", "aBcd", "abCd")]
    assert sides == [Side.SAME, Side.BOTH, Side.SAME]
