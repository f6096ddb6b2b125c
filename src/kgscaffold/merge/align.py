"""Find the lines of two texts that correspond beyond doubt.

A diff is one of several that are as short: between near-identical blocks it has to guess which
copy of a line is which, and a merge that trusts the guess moves edits. Here a pair of lines counts
only if every longest common subsequence of the two texts has it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Hashable, Sequence
from itertools import pairwise


def sure_pairs(
    old: Sequence[Hashable], new: Sequence[Hashable], weak: Container[Hashable] = ()
) -> dict[int, int]:
    """Give, for lines of `old`, the line of `new` that each one surely is.

    The `weak` lines (blank ones) have no say in which of two copies of the others is which; they
    count only between lines that are sure, where no copy is left.
    """
    mine, theirs = ([i for i, line in enumerate(side) if line not in weak] for side in (old, new))
    strong = certain_pairs([old[i] for i in mine], [new[j] for j in theirs])
    pairs = {mine[i]: theirs[j] for i, j in strong.items()}
    ends = [(-1, -1), *sorted(pairs.items()), (len(old), len(new))]
    for (i, j), (i_end, j_end) in pairwise(ends):
        before, after = old[i + 1 : i_end], new[j + 1 : j_end]
        if all(line in weak for line in {*before} & {*after}):
            between = certain_pairs(before, after)
            pairs |= {i + 1 + first: j + 1 + second for first, second in between.items()}
    return pairs


def certain_pairs(old: Sequence[Hashable], new: Sequence[Hashable]) -> dict[int, int]:
    """Give, for lines of `old`, the line of `new` that each one is in every shortest diff.

    Takes time and memory of about len(old) * len(new) bits, and of the pairs of equal lines.
    """
    if old == new:
        return {index: index for index in range(len(old))}
    forward = _common(old, new)
    backward = _common(old[::-1], new[::-1])
    longest = _length(forward[-1], len(new))
    places = _places(new)
    levels: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for i, line in enumerate(old):
        for j in places.get(line, ()):
            before = _length(forward[i], j)
            after = _length(backward[len(old) - i - 1], len(new) - j - 1)
            if before + 1 + after == longest:
                levels[before].append((i, j))
    # Every longest common subsequence takes exactly one pair of each level.
    return dict(pairs[0] for pairs in levels.values() if len(pairs) == 1)


def _common(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[int]:
    """Give, for each beginning of `old`, the lengths of its common subsequences, as bits.

    Bit j is 0 where new[: j + 1] has a longer one than new[:j] (Crochemore et al., 2001).
    """
    matches = {line: sum(1 << place for place in places) for line, places in _places(new).items()}
    everything = (1 << len(new)) - 1
    row, rows = everything, [everything]
    for line in old:
        match = matches.get(line, 0)
        row = ((row + (row & match)) | (row & ~match)) & everything
        rows.append(row)
    return rows


def _length(row: int, count: int) -> int:
    return count - (row & ((1 << count) - 1)).bit_count()


def _places(lines: Sequence[Hashable]) -> dict[Hashable, list[int]]:
    places: dict[Hashable, list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        places[line].append(index)
    return dict(places)
