"""Applying and undoing changes when nothing stops them."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from kgscaffold.apply import Change, apply, disk, is_interrupted, undo, undoable
from kgscaffold.apply.files import refuse_read_only
from kgscaffold.errors import PreconditionError
from tests.unit.trees import read_tree

NEW = [Change("a.txt", None, b"a\n"), Change("deep/down/b.txt", None, b"")]


def test_changes_are_all_made(tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_bytes(b"old\n")
    (tmp_path / "gone.txt").write_bytes(b"gone\n")
    apply(
        tmp_path,
        "update",
        [*NEW, Change("old.txt", b"old\n", b"new\n"), Change("gone.txt", b"gone\n", None)],
    )
    assert (tmp_path / "a.txt").read_bytes() == b"a\n"
    assert (tmp_path / "deep/down/b.txt").read_bytes() == b""
    assert (tmp_path / "old.txt").read_bytes() == b"new\n"
    assert not (tmp_path / "gone.txt").exists()
    assert undoable(tmp_path) == ["update"]
    assert not is_interrupted(tmp_path)


@pytest.mark.parametrize("levels", [0, 1, 3])
def test_undo_gives_back_every_byte_folder_and_permission(tmp_path: Path, levels: int) -> None:
    root = tmp_path.joinpath(*"xyz"[:levels])
    changes = list(NEW)
    if not levels:
        script = tmp_path / "run.sh"
        script.write_bytes(b"one\r\ntwo\xff")
        script.chmod(0o754)
        (tmp_path / "empty").mkdir()
        changes.append(Change("run.sh", b"one\r\ntwo\xff", b"three\n", 0o754))
    before = read_tree(tmp_path)
    apply(root, "init", changes)
    if not levels:
        assert (root / "run.sh").stat().st_mode & 0o777 == 0o754
    result = undo(root)
    assert result is not None
    assert result.command == "init"
    assert set(result.removed) == {"a.txt", "deep/down/b.txt"}
    assert read_tree(tmp_path) == before


def test_undo_of_nothing_is_none(tmp_path: Path) -> None:
    assert undo(tmp_path) is None
    assert undo(tmp_path / "missing") is None
    assert read_tree(tmp_path) == {}


def test_undo_takes_one_command_at_a_time(tmp_path: Path) -> None:
    apply(tmp_path, "init", [Change("a", None, b"1")])
    first = read_tree(tmp_path)
    apply(tmp_path, "update", [Change("a", b"1", b"2")])
    undo(tmp_path)
    assert read_tree(tmp_path) == first
    undo(tmp_path)
    assert read_tree(tmp_path) == {}


def test_undo_refuses_and_names_files_changed_since(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    apply(root, "init", [*NEW, Change("c.txt", None, b"c")])
    (root / "a.txt").write_bytes(b"mine")
    (root / "c.txt").unlink()
    before = read_tree(tmp_path)
    with pytest.raises(PreconditionError) as refused:
        undo(root)
    assert refused.value.paths == ("a.txt",)
    assert f"  rm {root / 'a.txt'}" in refused.value.hint
    assert read_tree(tmp_path) == before


def test_undo_leaves_what_others_wrote(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    apply(root, "init", NEW)
    (root / "deep/mine.txt").write_bytes(b"mine")
    result = undo(root)
    assert result is not None
    assert result.kept == ("deep",)
    assert set(read_tree(root)) == {"deep", "deep/mine.txt"}


def test_nothing_is_overwritten_that_appeared_since_the_plan(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"mine")
    before = read_tree(tmp_path)
    with pytest.raises(PreconditionError) as refused:
        apply(tmp_path, "init", NEW)
    assert refused.value.paths == ("a.txt",)
    assert read_tree(tmp_path) == before


def test_a_file_that_another_command_took_away_is_named(tmp_path: Path) -> None:
    changes = [Change("taken.py", b"old", b"new")]
    refuse_read_only(tmp_path, changes)
    with pytest.raises(PreconditionError, match="changed while") as refused:
        apply(tmp_path, "update", changes)
    assert refused.value.paths == ("taken.py",)


@pytest.mark.parametrize("target", ["a.txt", "deep"])
def test_links_are_never_written_through(tmp_path: Path, target: str) -> None:
    outside, root = tmp_path / "outside", tmp_path / "root"
    outside.mkdir()
    root.mkdir()
    (root / target).symlink_to(outside)
    before = read_tree(tmp_path)
    with pytest.raises(PreconditionError, match="symbolic link"):
        apply(root, "init", NEW)
    assert read_tree(tmp_path) == before


@pytest.mark.parametrize("name", ["make_folder", "write_new", "move"])
@pytest.mark.parametrize("failing", [1, 2, 4])
def test_a_disk_that_refuses_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, failing: int
) -> None:
    (tmp_path / "other").write_bytes(b"other")
    before = read_tree(tmp_path)
    real = getattr(disk, name)
    calls = 0

    def refuse(*arguments: object) -> None:
        nonlocal calls
        calls += 1
        if calls == failing:
            raise OSError(28, os.strerror(28), str(arguments[0]))
        real(*arguments)

    monkeypatch.setattr(disk, name, refuse)
    changes = [*NEW, *(Change(f"f{number}", None, b"x") for number in range(4))]
    with pytest.raises(PreconditionError, match="No space left"):
        apply(tmp_path, "init", changes)
    assert read_tree(tmp_path) == before


@pytest.mark.parametrize("levels", [0, 1])
def test_nothing_moves_before_all_that_undo_needs_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, levels: int
) -> None:
    root = tmp_path.joinpath(*"x"[:levels])
    changes = list(NEW)
    if not levels:
        (root / "old.txt").write_bytes(b"old\n")
        changes.append(Change("old.txt", b"old\n", b"new\n"))
    volatile: set[Path] = set()
    moves = 0

    def write(path: Path, content: bytes, mode: int | None = None) -> None:
        real_write(path, content, mode)
        volatile.add(path)

    def settle_all(paths: Sequence[Path]) -> None:
        real_settle(paths)
        volatile.difference_update(paths)

    def move(source: Path, target: Path) -> None:
        nonlocal moves
        moves += 1
        assert not volatile
        real_move(source, target)

    real_write, real_settle, real_move = disk.write_new, disk.settle_all, disk.move
    for function in (write, settle_all, move):
        name = "write_new" if function is write else function.__name__
        monkeypatch.setattr(disk, name, function)
    apply(root, "init", changes)
    assert moves == len(changes) + 1
    assert not volatile


def test_a_disk_that_fails_late_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(5, os.strerror(5))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(PreconditionError, match="Input/output error"):
        apply(tmp_path, "init", [Change(f"f{number}", None, b"x") for number in range(30)])
    assert read_tree(tmp_path) == {}


@pytest.mark.parametrize("failing", range(1, 12))
def test_ctrl_c_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    real, calls = disk.move, 0

    def interrupt(source: Path, target: Path) -> None:
        nonlocal calls
        calls += 1
        real(source, target)
        if calls == failing:
            raise KeyboardInterrupt

    monkeypatch.setattr(disk, "move", interrupt)
    changes = [Change(f"d/f{number}", None, b"x") for number in range(10)]
    with pytest.raises(KeyboardInterrupt):
        apply(tmp_path / "shop", "init", changes)
    assert read_tree(tmp_path) == {}


def test_two_at_once_wait_for_each_other(tmp_path: Path) -> None:
    failures: list[Exception] = []

    def work(number: int) -> None:
        try:
            apply(tmp_path, "init", [Change(f"d{number}/f", None, b"x")])
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(undoable(tmp_path)) == 8


def test_an_unreadable_journal_is_named(tmp_path: Path) -> None:
    apply(tmp_path, "init", NEW)
    journal = tmp_path / ".kgscaffold/undo/1/journal.json"
    journal.write_bytes(journal.read_bytes().replace(b"a.txt", b"../a.txt"))
    before = read_tree(tmp_path)
    with pytest.raises(PreconditionError, match="journal") as refused:
        undo(tmp_path)
    assert refused.value.paths == (str(journal),)
    assert read_tree(tmp_path) == before
