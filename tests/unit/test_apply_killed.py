"""The process is killed before, in and after every single operation on the disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kgscaffold.answers import Answers, Database, Framework
from kgscaffold.apply import Change, apply, is_interrupted, recover, undo
from kgscaffold.plan.changes import prepare
from kgscaffold.plan.initial import plan_init
from kgscaffold.render import render
from tests.unit.killing import every_kill, killed_at
from tests.unit.trees import read_tree


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed process loses nothing that it has handed to the system."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


CHANGES = [
    Change("kept/edited.txt", b"one\r\n", b"two\n", 0o640),
    Change("kept/removed.txt", b"removed", None, 0o644),
    Change("new/deep/created.txt", None, b"created"),
    Change(".kgscaffold/lock.json", None, b"{}"),
]


def make_project(work: Path) -> Path:
    root = work / "shop"
    (root / "kept").mkdir(parents=True)
    (root / "unrelated.txt").write_bytes(b"unrelated")
    for change in CHANGES:
        if change.before is not None and change.mode is not None:
            (root / change.path).write_bytes(change.before)
            (root / change.path).chmod(change.mode)
    return root


def test_an_update_killed_anywhere_is_taken_back_or_done_again(tmp_path: Path) -> None:
    root = make_project(tmp_path)
    before = read_tree(tmp_path)
    apply(root, "update", CHANGES)
    after = read_tree(tmp_path)
    undo(root)
    assert read_tree(tmp_path) == before
    for step, moment in every_kill():
        if not killed_at(step, moment, lambda: apply(root, "update", CHANGES)):
            assert read_tree(tmp_path) == after
            assert step > 25
            return
        if is_interrupted(root) and step % 2:
            recover(root)
            apply(root, "update", CHANGES)
            assert read_tree(tmp_path) == after, (step, moment)
        undo(root)
        assert read_tree(tmp_path) == before, (step, moment)


@pytest.mark.parametrize("levels", [0, 1, 3])
def test_an_init_killed_anywhere_leaves_nothing_or_is_taken_back(
    tmp_path: Path, levels: int
) -> None:
    root = tmp_path.joinpath(*"xyz"[:levels])
    changes = [change for change in CHANGES if change.before is None]
    for step, moment in every_kill():
        if not killed_at(step, moment, lambda: apply(root, "init", changes)):
            assert step > 15
            return
        undo(root)
        assert read_tree(tmp_path) == {}, (step, moment)


@pytest.mark.parametrize("levels", [0, 1, 3])
def test_an_undo_killed_anywhere_is_finished_by_the_next(tmp_path: Path, levels: int) -> None:
    root = tmp_path.joinpath(*"xyz"[:levels]) if levels else make_project(tmp_path)
    changes = [change for change in CHANGES if change.before is None or not levels]
    before = read_tree(tmp_path)
    for step, moment in every_kill(("before", "after")):
        apply(root, "init", changes)
        killed = killed_at(step, moment, lambda: undo(root))
        undo(root)
        assert read_tree(tmp_path) == before, (step, moment)
        if not killed:
            assert step > 10
            return


def test_a_whole_init_killed_at_many_operations_leaves_nothing(tmp_path: Path) -> None:
    answers = Answers(Framework.FASTAPI, Database.SQLITE, "shop")
    root = tmp_path / "shop"
    changes = prepare(plan_init(answers, render(answers)), root).changes
    for step, moment in every_kill(("after",)):
        if step % 4:
            continue
        if not killed_at(step, moment, lambda: apply(root, "init", changes)):
            assert step > 2 * len(changes)
            return
        undo(root)
        assert read_tree(tmp_path) == {}, (step, moment)
