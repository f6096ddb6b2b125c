"""The scenarios of docs/regeneration.md through the real command, and what others make of some."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from tests.merge import (
    scenarios_blocks,
    scenarios_files,
    scenarios_node,
    scenarios_state,
    scenarios_texts,
)
from tests.merge.rivals import CopierProject, GitProject, git_alone
from tests.merge.scenarios_node import (
    NODE,
    both_add_a_method_of_one_name_to_a_handler,
    both_add_a_route_of_one_path,
)
from tests.merge.shop import SHOPS, Shop
from tests.merge.table import TABLE, Scenario
from tests.merge.worlds import edit, initialise, tree, update

MODULES = (scenarios_blocks, scenarios_files, scenarios_node, scenarios_state, scenarios_texts)
PYTHON = SHOPS[0]
MERGE = "kgscaffold.plan.decide.merge_text"
CASES = [(row, shop) for row in TABLE for shop in row.shops]
NAMES = [f"{row.number}-{row.what}-{shop.name}" for row, shop in CASES]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No waiting for the disk, a PATH to change, and logs of bugs where they can be seen."""
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    monkeypatch.setenv("PATH", os.environ["PATH"])
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.parametrize(("row", "shop"), CASES, ids=NAMES)
def test_scenario(row: Scenario, shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    row.run(tmp_path / "work/shop", shop)


def test_the_table_is_complete() -> None:
    assert sorted({int(row.number[1:]) for row in TABLE}) == [*range(1, 29)]
    assert {row.run.__module__ for row in TABLE} == {module.__name__ for module in MODULES}


@pytest.mark.parametrize("shop", NODE, ids=[shop.name for shop in NODE])
@pytest.mark.parametrize(
    "run", [both_add_a_method_of_one_name_to_a_handler, both_add_a_route_of_one_path]
)
def test_git_alone_in_our_place_would_fail(
    run: Callable[[Path, Shop], None], shop: Shop, tmp_path: Path
) -> None:
    """S22: what each side added is clean by itself, and there is one name twice."""
    with mock.patch(MERGE, git_alone), pytest.raises(AssertionError):
        run(tmp_path / "shop", shop)


def test_without_git_a_file_that_both_sides_changed_is_put_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, theirs = tmp_path / "shop", ("return sixth", "return sixth.last()")
    initialise(root, PYTHON.first_release())
    edit(root, PYTHON.WORKER, lambda text: text.replace("first()", "oldest()"))
    before = tree(root)
    monkeypatch.setenv("PATH", str(tmp_path))
    result = update(
        root, PYTHON.release(worker=PYTHON.lines(theirs), client=PYTHON.client(wait=30))
    )
    assert (result.code, result.kinds()) == (
        3,
        {PYTHON.CLIENT: "update", f"{PYTHON.WORKER}.kg-new": "sidecar"},
    )
    assert tree(root) == before | {
        PYTHON.CLIENT: PYTHON.client(wait=30).encode(),
        f"{PYTHON.WORKER}.kg-new": PYTHON.lines(theirs).encode(),
    }


def test_copier_moves_an_edit_into_the_near_identical_block_above(tmp_path: Path) -> None:
    """S1."""
    project = CopierProject(tmp_path, {PYTHON.HANDLERS: PYTHON.handlers("pending", "success")})
    (project.root / PYTHON.HANDLERS).write_text(
        PYTHON.ship_on_success(PYTHON.handlers("pending", "success"))
    )
    project.commit()
    project.release(
        "2.0.0", {PYTHON.HANDLERS: PYTHON.handlers("pending", "insufficient", "success")}
    )
    assert project.update() == 0
    text = (project.root / PYTHON.HANDLERS).read_text()
    assert "<<<<<<<" not in text
    place = text.index("ship_goods")
    assert text.index("on_insufficient") < place < text.index("on_success")


def test_copier_ends_with_success_where_it_leaves_a_conflict(tmp_path: Path) -> None:
    """S3."""
    project = CopierProject(tmp_path, {PYTHON.WORKER: PYTHON.lines()})
    (project.root / PYTHON.WORKER).write_text(
        PYTHON.lines(("third = second", "third = my_own(second)"))
    )
    project.commit()
    project.release(
        "2.0.0", {PYTHON.WORKER: PYTHON.lines(("third = second", "third = the_new(second)"))}
    )
    assert project.update() == 0
    assert "<<<<<<<" in (project.root / PYTHON.WORKER).read_text()


def test_copier_deletes_an_edited_file_that_the_template_drops(tmp_path: Path) -> None:
    """S4."""
    project = CopierProject(
        tmp_path, {PYTHON.CLIENT: PYTHON.client(), PYTHON.WORKER: PYTHON.lines()}
    )
    (project.root / PYTHON.CLIENT).write_text(PYTHON.client() + "\n\nmine = 1\n")
    project.commit()
    project.release("2.0.0", {}, dropped=PYTHON.CLIENT)
    assert project.update() == 0
    assert not (project.root / PYTHON.CLIENT).exists()


def test_copier_overwrites_an_ignored_file_at_a_new_path(tmp_path: Path) -> None:
    """S8."""
    project = CopierProject(tmp_path, {PYTHON.WORKER: PYTHON.lines()})
    (project.root / ".gitignore").write_text("retry.py\n")
    (project.root / "app/core/retry.py").write_text("mine = 1\n")
    project.commit()
    project.release("2.0.0", {"app/core/retry.py": PYTHON.client("retry")})
    assert project.update() == 0
    assert (project.root / "app/core/retry.py").read_text() == PYTHON.client("retry")


def test_git_moves_an_edit_into_a_similar_file(tmp_path: Path) -> None:
    """S14."""
    project = GitProject(tmp_path, {PYTHON.CLIENT: PYTHON.client(), PYTHON.WORKER: PYTHON.lines()})
    project.work(
        {PYTHON.CLIENT: PYTHON.client().replace("    check_env", "    my_own()\n    check_env")}
    )
    project.merge({"app/core/wallet.py": PYTHON.client("wallet")}, dropped=PYTHON.CLIENT)
    assert "my_own" in (project.root / "app/core/wallet.py").read_text()
