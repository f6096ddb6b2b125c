"""What `undo` says before it does anything, what it needs to be told, and the way out it names."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kgscaffold.apply import Change, apply
from tests.cli.projects import DOC, HANDLERS, SUCCESS, committed
from tests.cli.running import INIT, Cli
from tests.cli.templates import Templates
from tests.editing import edit
from tests.unit.killing import every_kill, killed_at
from tests.unit.trees import read_tree


@pytest.mark.parametrize("options", [[], ["--json"], ["-q"]])
def test_a_project_goes_only_with_yes_where_nobody_can_be_asked(
    cli: Cli, work: Path, shop: Path, options: list[str]
) -> None:
    before = read_tree(work)
    result = cli("undo", "shop", *options)
    assert result.code == 2
    assert "removes the whole project" in result.err
    assert "--yes" in result.err
    assert read_tree(work) == before
    assert cli("undo", "shop", "--yes", *options).code == 0
    assert read_tree(work) == {}


def test_the_pasted_block_leaves_the_shop(cli: Cli, shop: Path) -> None:
    """What the README of 0.2.0 had under "Staying upgradable", line after line."""
    before = committed(shop)
    assert cli("update", "shop", "--dry-run", "--diff").code == 0
    assert cli("update", "shop").code == 0
    assert cli("undo", "shop").code == 2
    assert cli("status", "shop").code == 0
    assert cli("eject", "shop").code == 2
    assert committed(shop) == before


def test_it_says_first_what_it_takes_back(cli: Cli, shop: Path, templates: Templates) -> None:
    templates.edit("success.py.jinja", DOC, "It is paid.")
    templates.add("shop.py.jinja", "extra.py", "# kgscaffold:id=core/extra\n")
    assert cli("update", "shop", "-y").code == 0
    before = read_tree(shop)
    result = cli("undo", "shop", "--dry-run")
    assert result.code == 0
    assert "undo takes back update of 20" in result.err
    assert "1 file restored, 1 file deleted" in result.err
    assert result.out == f"REMOVE   app/extra.py\nRESTORE  {SUCCESS}\n"
    document = cli("undo", "shop", "--dry-run", "--json").document
    assert (document["undone"], document["dry_run"]) == ("update", True)
    assert "app/extra.py" in document["removed"]
    assert SUCCESS in document["restored"]
    assert read_tree(shop) == before
    result = cli("undo", "shop")
    assert result.code == 0
    assert result.err.index("undo takes back update") < result.err.index("update taken back")
    assert "undo takes back init" in cli("undo", "shop", "-n").err


def test_the_way_back_it_names_after_a_resolved_conflict_leads_there(
    cli: Cli, shop: Path, templates: Templates
) -> None:
    edit(shop / SUCCESS, DOC, "Mine.")
    (shop / SUCCESS).chmod(0o640)
    before = committed(shop)
    templates.edit("success.py.jinja", DOC, "Theirs.")
    templates.add("shop.py.jinja", "extra.py", "# kgscaffold:id=core/extra\n")
    assert cli("update", "shop", "-y").code == 3
    (shop / SUCCESS).write_text('"""Resolved by hand."""\n')
    (shop / "app/extra.py").write_text("mine = 1\n")
    resolved = read_tree(shop)
    result = cli("undo", "shop")
    assert result.code == 5
    assert f"  {SUCCESS}\n" in result.err
    assert "keep a copy" in result.err
    assert read_tree(shop) == resolved
    paste(result.err, shop.parent, 2)
    assert cli("undo", "shop").code == 0
    assert committed(shop) == before


def paste(told: str, folder: Path, number: int) -> None:
    """Run the commands of a hint in a folder; there are so many."""
    starts = ("  rm ", "  cp ", "  mv ", "  mkdir ")
    commands = [line for line in told.splitlines() if line.startswith(starts)]
    assert len(commands) == number
    subprocess.run(["sh", "-ec", "\n".join(commands)], cwd=folder, check=True)


@pytest.mark.parametrize("inside", [False, True])
def test_the_way_back_touches_no_other_project_that_it_is_pasted_in(
    cli: Cli, work: Path, shop: Path, monkeypatch: pytest.MonkeyPatch, inside: bool
) -> None:
    mine = work / "it's mine"
    assert cli("init", str(mine), *INIT, "--no-input").code == 0
    assert cli("update", str(mine), "--set", "route=/hook", "-y").code == 0
    for path in (mine / "app/kryptogo/core/route.py", mine / "README.md"):
        path.write_text("other\n")
    (mine / SUCCESS).unlink()
    other = committed(shop)
    monkeypatch.chdir(mine if inside else shop)
    folder = "." if inside else "../it's mine"
    result = cli("undo", folder)
    assert result.code == 5
    assert "rm -f" not in result.err
    paste(result.err, shop, result.err.count("\n  cp "))
    assert committed(shop) == other
    assert cli("undo", folder).code == 0


@pytest.mark.parametrize("folder", [False, True])
def test_the_way_back_writes_through_no_link(
    cli: Cli, work: Path, shop: Path, templates: Templates, folder: bool
) -> None:
    before = committed(shop)
    templates.edit("success.py.jinja", DOC, "It is paid.")
    assert cli("update", "shop", "-y").code == 0
    (shop / SUCCESS).unlink()
    outside = work / "outside"
    if folder:
        outside.mkdir()
    (outside / "theirs" if folder else outside).write_text("not ours\n")
    (shop / SUCCESS).symlink_to(outside)
    result = cli("undo", "shop")
    assert result.code == 5
    paste(result.err, work, 1)
    theirs = list(outside.iterdir()) if folder else [outside]
    assert [path.read_text() for path in theirs] == ["not ours\n"]
    (shop / f"{SUCCESS}.moved").unlink()
    assert cli("undo", "shop").code == 0
    assert committed(shop) == before


def test_the_way_back_goes_through_no_linked_folder_and_makes_one_that_is_gone(
    cli: Cli, work: Path, shop: Path, templates: Templates
) -> None:
    before = committed(shop)
    templates.edit("success.py.jinja", DOC, "It is paid.")
    assert cli("update", "shop", "-y").code == 0
    (shop / HANDLERS).rename(work / "outside")
    (shop / HANDLERS).symlink_to(work / "outside")
    result = cli("undo", "shop")
    assert f"  {HANDLERS} is a symbolic link: put the project's own folder there" in result.err
    (shop / HANDLERS).unlink()
    paste(cli("undo", "shop").err, work, 1)
    assert cli("undo", "shop").code == 0
    assert committed(shop)[SUCCESS] == before[SUCCESS]


def test_what_was_put_back_by_hand_needs_no_undoing(
    cli: Cli, shop: Path, templates: Templates
) -> None:
    before = committed(shop)
    former = (shop / SUCCESS).read_bytes()
    templates.edit("success.py.jinja", DOC, "It is paid.")
    assert cli("update", "shop", "-y").code == 0
    (shop / SUCCESS).write_bytes(former)
    assert cli("undo", "shop").code == 0
    assert committed(shop) == before


def test_a_content_that_is_not_kept_any_more_is_told(
    cli: Cli, shop: Path, templates: Templates
) -> None:
    templates.edit("success.py.jinja", DOC, "It is paid.")
    assert cli("update", "shop", "-y").code == 0
    for old in (shop / ".kgscaffold/undo/2/old").iterdir():
        old.unlink()
    result = cli("undo", "shop")
    assert result.code == 5
    assert f"{SUCCESS}: what it was is not kept any more" in result.err


def test_an_update_stopped_before_its_journal_never_costs_the_project(
    cli: Cli, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    before = committed(shop)
    changes = [Change(f"app/extra{number}.py", None, b"x = 1\n") for number in range(2)]
    refused = tidied = taken_back = 0
    for step, moment in every_kill():
        if not killed_at(step, moment, lambda: apply(shop, "update", changes)):
            break
        result = cli("undo", "shop")
        assert committed(shop) == before, (step, moment)
        refused += result.code == 2
        tidied += "had changed no file" in result.err
        taken_back += "update taken back" in result.err
        assert (result.code == 2) == ("removes the whole project" in result.err)
    assert refused > 0
    assert tidied > 5
    assert taken_back > 5


def test_another_command_meanwhile_is_not_taken_back_unseen(
    cli: Cli, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(shop, "update", [Change("app/one.py", None, b"1\n")])

    def meanwhile(*_: object) -> bool:
        apply(shop, "update", [Change("app/two.py", None, b"2\n")])
        return True

    monkeypatch.setattr("kgscaffold.cli.undo._is_meant", meanwhile)
    result = cli("undo", "shop")
    assert result.code == 5
    assert "another command" in result.err
    assert (shop / "app/two.py").exists()


@pytest.mark.parametrize("command", [["status"], ["update", "-y"], ["update", "--check"]])
def test_after_eject_the_project_is_said_to_be_ejected(
    cli: Cli, shop: Path, command: list[str]
) -> None:
    before = committed(shop)
    assert cli("eject", "shop", "--yes").code == 0
    result = cli(*command, "shop")
    assert result.code == 5
    assert "was ejected" in result.err
    assert "plain code" in result.err
    assert "lock is missing" not in result.err
    assert "undo takes back eject of 20" in cli("undo", "shop", "-n").err
    edit(shop / SUCCESS, "ship it", "SHIP IT")
    result = cli("undo", "shop")
    assert result.code == 5
    assert "cannot take back the last eject" in result.err
    edit(shop / SUCCESS, "SHIP IT", "ship it")
    assert cli("undo", "shop").code == 0
    assert committed(shop) == before
    assert cli("status", "shop").code == 0


def test_a_lock_that_went_otherwise_is_missing(cli: Cli, shop: Path) -> None:
    (shop / ".kgscaffold/lock.json").unlink()
    assert "the lock is missing" in cli("status", "shop").err
    (shop / ".kgscaffold/undo/1/journal.json").write_text("{")
    assert "the lock is missing" in cli("status", "shop").err


@pytest.mark.parametrize("command", ["update", "status", "undo", "eject"])
def test_help_ends_with_examples_and_exit_codes(cli: Cli, command: str) -> None:
    text = cli(command, "--help").out
    examples, codes = text.index("Examples:"), text.index("Exit codes:")
    assert text.index("Options:") < examples < codes
    assert f"  kgscaffold {command} shop" in text[examples:codes]
    for code in (0, 2, 5, 130):
        assert f"\n    {code:<4} " in text[codes:]


def test_handlers_of_an_init_that_were_edited_are_named(cli: Cli, shop: Path) -> None:
    (shop / SUCCESS).write_text("mine\n")
    (shop / f"{HANDLERS}/expired.py").unlink()
    result = cli("undo", "shop", "--yes")
    assert result.code == 5
    assert f"  rm {shop / SUCCESS}\n" in f"{result.err}\n"
    assert (shop / SUCCESS).read_text() == "mine\n"
