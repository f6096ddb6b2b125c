"""The kept trees are what the templates give, byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.snapshots.trees import (
    EXAMPLES,
    LACKING,
    REPOSITORY,
    SNAPSHOTS,
    Tree,
    difference,
    expected,
    kept,
)

TREES = expected()


@pytest.mark.parametrize(
    ("folder", "tree"),
    TREES.items(),
    ids=[folder.relative_to(REPOSITORY).as_posix() for folder in TREES],
)
def test_a_kept_tree_is_what_the_templates_give(folder: Path, tree: Tree) -> None:
    before = kept(folder)
    differing = [path for path in sorted(before | tree) if before.get(path) != tree.get(path)]
    assert differing == [], "run: python -m tests.snapshots.refresh"


def test_no_tree_is_left_of_a_combination_that_is_gone() -> None:
    folders = {path for path in [*SNAPSHOTS.glob("*-*"), *EXAMPLES.iterdir()] if path.is_dir()}
    assert folders == set(TREES)


def test_what_differs_says_all_of_a_tree() -> None:
    usual = {"same": b"1", "changed": b"1", "only here": b"1"}
    tree = {"same": b"1", "changed": b"2", "only there": b"1"}
    assert difference(usual, tree) == {
        "changed": b"2",
        "only there": b"1",
        LACKING: b"only here\n",
    }
    assert difference(usual, usual) == {}
