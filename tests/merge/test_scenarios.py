"""The scenarios of docs/regeneration.md through the real command, and what others make of some."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.merge import scenarios_blocks, scenarios_files, scenarios_state, scenarios_texts
from tests.merge.rivals import CopierProject, GitProject
from tests.merge.shop import (
    CLIENT,
    HANDLERS,
    WORKER,
    client,
    first_release,
    handlers,
    lines,
    release,
    ship_on_success,
)
from tests.merge.table import TABLE, Scenario
from tests.merge.worlds import edit, initialise, tree, update

MODULES = (scenarios_blocks, scenarios_files, scenarios_state, scenarios_texts)
NAMES = [f"{row.number}-{row.what}" for row in TABLE]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No waiting for the disk, a PATH to change, and logs of bugs where they can be seen."""
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    monkeypatch.setenv("PATH", os.environ["PATH"])
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.parametrize("row", TABLE, ids=NAMES)
def test_scenario(row: Scenario, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    row.run(tmp_path / "work/shop")


def test_the_table_is_complete() -> None:
    assert sorted({int(row.number[1:]) for row in TABLE}) == [*range(1, 29)]
    assert {row.run.__module__ for row in TABLE} == {module.__name__ for module in MODULES}


def test_without_git_a_file_that_both_sides_changed_is_put_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, theirs = tmp_path / "shop", ("return sixth", "return sixth.last()")
    initialise(root, first_release())
    edit(root, WORKER, lambda text: text.replace("first()", "oldest()"))
    before = tree(root)
    monkeypatch.setenv("PATH", str(tmp_path))
    result = update(root, release(worker=lines(theirs), client=client(wait=30)))
    assert (result.code, result.kinds()) == (3, {CLIENT: "update", f"{WORKER}.kg-new": "sidecar"})
    assert tree(root) == before | {
        CLIENT: client(wait=30).encode(),
        f"{WORKER}.kg-new": lines(theirs).encode(),
    }


def test_copier_moves_an_edit_into_the_near_identical_block_above(tmp_path: Path) -> None:
    """S1."""
    project = CopierProject(tmp_path, {HANDLERS: handlers("pending", "success")})
    (project.root / HANDLERS).write_text(ship_on_success(handlers("pending", "success")))
    project.commit()
    project.release("2.0.0", {HANDLERS: handlers("pending", "insufficient", "success")})
    assert project.update() == 0
    text = (project.root / HANDLERS).read_text()
    assert "<<<<<<<" not in text
    place = text.index("ship_goods")
    assert text.index("on_insufficient") < place < text.index("on_success")


def test_copier_ends_with_success_where_it_leaves_a_conflict(tmp_path: Path) -> None:
    """S3."""
    project = CopierProject(tmp_path, {WORKER: lines()})
    (project.root / WORKER).write_text(lines(("third = second", "third = my_own(second)")))
    project.commit()
    project.release("2.0.0", {WORKER: lines(("third = second", "third = the_new(second)"))})
    assert project.update() == 0
    assert "<<<<<<<" in (project.root / WORKER).read_text()


def test_copier_deletes_an_edited_file_that_the_template_drops(tmp_path: Path) -> None:
    """S4."""
    project = CopierProject(tmp_path, {CLIENT: client(), WORKER: lines()})
    (project.root / CLIENT).write_text(client() + "\n\nmine = 1\n")
    project.commit()
    project.release("2.0.0", {}, dropped=CLIENT)
    assert project.update() == 0
    assert not (project.root / CLIENT).exists()


def test_copier_overwrites_an_ignored_file_at_a_new_path(tmp_path: Path) -> None:
    """S8."""
    project = CopierProject(tmp_path, {WORKER: lines()})
    (project.root / ".gitignore").write_text("retry.py\n")
    (project.root / "app/core/retry.py").write_text("mine = 1\n")
    project.commit()
    project.release("2.0.0", {"app/core/retry.py": client("retry")})
    assert project.update() == 0
    assert (project.root / "app/core/retry.py").read_text() == client("retry")


def test_git_moves_an_edit_into_a_similar_file(tmp_path: Path) -> None:
    """S14."""
    project = GitProject(tmp_path, {CLIENT: client(), WORKER: lines()})
    project.work({CLIENT: client().replace("    check_env", "    my_own()\n    check_env")})
    project.merge({"app/core/wallet.py": client("wallet")}, dropped=CLIENT)
    assert "my_own" in (project.root / "app/core/wallet.py").read_text()
