"""`kgscaffold status` and `kgscaffold undo`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.projects import DOC
from tests.cli.running import Cli
from tests.cli.templates import Templates
from tests.editing import edit
from tests.unit.trees import read_tree

HANDLER = "app/kryptogo/handlers/success.py"


def states(cli: Cli) -> dict[str, tuple[str, str]]:
    files = cli("status", "shop", "--json").document["files"]
    return {file["path"]: (file["state"], file["base"]) for file in files}


def test_commands_and_documented_keys(cli: Cli, shop: Path) -> None:
    document = cli("status", "shop", "--json").document
    assert document["commands"] == {
        "install": ["python", "-m", "pip", "install", "-e", ".[dev]"],
        "migrate": ["python", "-m", "alembic", "upgrade", "head"],
        "start": ["python", "-m", "app"],
        "worker": ["python", "-m", "app.kryptogo", "work"],
        "ops": ["python", "-m", "app.kryptogo"],
        "test": ["python", "-m", "pytest"],
    }
    assert set(document) == {
        "schema",
        "command",
        "directory",
        "tool",
        "answers",
        "files",
        "others",
        "new",
        "behind",
        "counts",
        "sound",
        "interrupted",
        "undoable",
        "commands",
    }
    assert document["sound"] is True
    assert document["undoable"] == ["init"]


def test_edited_missing_and_other_line_endings(cli: Cli, shop: Path) -> None:
    (shop / HANDLER).write_text("mine\n")
    (shop / "app/db.py").unlink()
    main = shop / "app/main.py"
    main.write_bytes(main.read_bytes().replace(b"\n", b"\r\n"))
    found = states(cli)
    assert found[HANDLER] == ("edited", "sound")
    assert found["app/db.py"] == ("missing", "sound")
    assert found["app/main.py"] == ("clean", "sound")
    text = cli("status", "shop").out
    assert f"seeded  edited           {HANDLER}" in text


def test_what_is_behind_and_what_was_moved(cli: Cli, shop: Path, templates: Templates) -> None:
    (shop / HANDLER).rename(shop / "app/paid.py")
    templates.edit("core/route.py", '"""', '"""Safe. ')
    templates.add("shop.py.jinja", "extra.py", "# kgscaffold:id=core/extra\n")
    document = cli("status", "shop", "--json").document
    files = {file["id"]: file for file in document["files"]}
    assert files["handlers/success"]["path"] == "app/paid.py"
    assert files["handlers/success"]["moved_from"] == HANDLER
    assert [file["id"] for file in document["files"] if file["behind"]] == ["core/route"]
    assert document["new"] == ["core/extra"]
    assert document["behind"] is True
    result = cli("status", "shop")
    assert "owned   clean    behind  app/kryptogo/core/route.py" in result.out
    assert f"app/paid.py  (moved from {HANDLER})" in result.out
    assert "run update" in result.err


def left(cli: Cli) -> dict[str, list[str]]:
    """What status says is left to a person, by path; its text and `--check` agree with it."""
    document = cli("status", "shop", "--json").document
    found = {
        item["path"]: item["left"]
        for item in (*document["files"], *document["others"])
        if item["left"]
    }
    result = cli("status", "shop")
    assert result.code == 0
    for path, lines in found.items():
        assert path in result.out
        assert all(line in result.out for line in lines)
    assert ("for you" in result.err) == bool(found)
    assert cli("update", "shop", "--check").code in ({4, 5} if found else {0})
    return found


def test_conflict_markers_are_said_until_they_are_resolved(
    cli: Cli, shop: Path, templates: Templates
) -> None:
    (shop / "app/extra.py").write_text("mine = 1\n")
    templates.add("shop.py.jinja", "extra.py", "# kgscaffold:id=core/extra\n")
    edit(shop / HANDLER, DOC, "Mine.")
    templates.edit("success.py.jinja", DOC, "Theirs.")
    assert cli("update", "shop", "-y").code == 3
    found = left(cli)
    assert "conflict markers stand in it" in found[HANDLER][0]
    assert "app/extra.py.kg-new waits" in found["app/extra.py"][0]
    (shop / HANDLER).write_text("mine\n")
    assert set(left(cli)) == {"app/extra.py"}
    (shop / "app/extra.py.kg-new").unlink()
    assert left(cli) == {}


def test_what_an_update_has_left_is_said_until_it_is_dealt_with(
    cli: Cli, shop: Path, templates: Templates
) -> None:
    report = shop / "app/report.py"
    report.write_text("from app.kryptogo import payments_for_order\n")
    edit(shop / "pyproject.toml", '"fastapi', '"fastapi==0.1.0", #')
    templates.require("fastapi>=99", instead_of="fastapi>=0.115")
    assert cli("update", "shop", "--set", "module=app/pay", "-y").code == 3
    found = left(cli)
    assert set(found) == {"app/report.py", "pyproject.toml"}
    assert any("it is now fastapi>=99" in line for line in found["pyproject.toml"])
    assert "app/kryptogo is app/pay now" in found["app/report.py"][0]
    edit(shop / "pyproject.toml", "fastapi==0.1.0", "fastapi>=99")
    assert set(left(cli)) == {"app/report.py"}
    report.write_text("from app.pay import payments_for_order\n")
    assert left(cli) == {}


def test_what_was_deleted_is_never_behind(cli: Cli, shop: Path, templates: Templates) -> None:
    (shop / "app/kryptogo/core/route.py").unlink()
    templates.edit("core/route.py", '"""', '"""Safe. ')
    assert cli("status", "shop", "--json").document["behind"] is False
    assert cli("update", "shop", "--check").code == 0


def test_without_templates_status_tells_the_rest(
    cli: Cli, shop: Path, templates: Templates
) -> None:
    shutil.rmtree(templates.root / "python")
    result = cli("status", "shop", "--json")
    assert result.code == 0
    assert "cannot tell what is behind" in result.err
    assert result.document["behind"] is None


def test_bases_that_cannot_be_trusted(cli: Cli, shop: Path) -> None:
    document = cli("status", "shop", "--json").document
    base = {path.read_bytes(): path for path in (shop / ".kgscaffold/base").iterdir()}
    base[(shop / HANDLER).read_bytes()].write_text("altered")
    base[(shop / "app/db.py").read_bytes()].unlink()
    found = states(cli)
    assert found[HANDLER] == ("clean", "altered")
    assert found["app/db.py"] == ("clean", "missing")
    assert document["sound"] is True
    assert cli("status", "shop", "--json").document["sound"] is False


def test_status_of_something_else(cli: Cli, work: Path) -> None:
    result = cli("status")
    assert result.code == 5
    assert "kgscaffold init" in result.err
    (work / ".kgscaffold").mkdir()
    assert "the lock is missing" in cli("status").err
    (work / ".kgscaffold/lock.json").write_text("{")
    assert "not JSON" in cli("status").err


def test_undo_takes_init_back(cli: Cli, work: Path, shop: Path) -> None:
    result = cli("undo", "shop", "--yes", "--json")
    assert result.code == 0
    assert result.document["undone"] == "init"
    assert HANDLER in result.document["removed"]
    assert read_tree(work) == {}


def test_undo_from_inside_the_folder(
    cli: Cli, work: Path, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop)
    assert cli("undo", "-y").code == 0
    assert read_tree(work) == {}


def test_undo_refuses_after_an_edit_and_names_the_file(cli: Cli, work: Path, shop: Path) -> None:
    (shop / HANDLER).write_text("mine\n")
    before = read_tree(work)
    result = cli("undo", "shop")
    assert (result.code, result.out) == (5, "")
    assert f"\n  {HANDLER}\n" in result.err
    assert read_tree(work) == before


def test_nothing_to_undo(cli: Cli, work: Path) -> None:
    assert cli("undo", "--json").document["undone"] is None
    assert cli("undo", "missing").code == 5
