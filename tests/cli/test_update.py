"""`kgscaffold update` on a project with edits."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.projects import DOC, HANDLERS, SUCCESS, committed
from tests.cli.running import Cli
from tests.cli.templates import Templates
from tests.editing import edit
from tests.unit.trees import read_tree


def test_a_fresh_project_is_up_to_date(cli: Cli, shop: Path) -> None:
    before = read_tree(shop)
    for arguments in (["--check"], ["--yes"], ["--no-input"], ["-n"], ["--only", "security", "-y"]):
        assert cli("update", "shop", *arguments).code == 0
    assert cli("regenerate", "shop", "-y").out == "nothing to do\n"
    assert read_tree(shop) == before


def test_edits_are_no_drift(cli: Cli, shop: Path) -> None:
    edit(shop / SUCCESS, DOC, "Mine.")
    (shop / "app/db.py").unlink()
    (shop / f"{HANDLERS}/pending.py").rename(shop / f"{HANDLERS}/waiting.py")
    result = cli("update", "shop", "--check")
    assert (result.code, result.out) == (0, "up to date\n")


def test_check_tells_of_pending_security_changes_and_writes_nothing(
    cli: Cli, shop: Path, templates: Templates
) -> None:
    before = read_tree(shop)
    templates.edit("core/schedule.py", '"""', '"""Now. ')
    templates.explain("feature", "schedules say when", "core/schedule")
    result = cli("update", "shop", "--check")
    assert result.code == 4
    assert "1 file would change" in result.out
    assert "no security change is pending" in result.out
    assert cli("update", "shop", "--check", "--only", "security").code == 0
    templates.edit("core/route.py", '"""', '"""Safe. ')
    templates.explain("security", "the route was not safe", "core/route")
    result = cli("update", "shop", "--check")
    assert result.code == 4
    assert "security change pending: the route was not safe (99.0.0)" in result.out
    document = cli("update", "shop", "--check", "--json").document
    assert document["behind"] is True
    assert document["applied"] is False
    assert document["security"] == [
        {"version": "99.0.0", "class": "security", "why": "the route was not safe"}
    ]
    assert cli("update", "shop", "--check", "--only", "security").code == 4
    assert read_tree(shop) == before


def test_only_security_takes_those_changes_and_leaves_the_rest(
    cli: Cli, shop: Path, templates: Templates
) -> None:
    templates.edit("core/schedule.py", '"""', '"""Now. ')
    templates.explain("feature", "schedules say when", "core/schedule")
    templates.edit("core/route.py", '"""', '"""Safe. ')
    templates.explain("security", "the route was not safe", "core/route")
    result = cli("update", "shop", "--only", "security", "-y", "--json")
    assert result.code == 0
    written = {item["path"] for item in result.document["actions"] if item["action"] == "update"}
    assert written == {"app/kryptogo/core/route.py"}
    assert '"complete"' in (shop / ".kgscaffold/lock.json").read_text()
    assert cli("update", "shop", "--check").code == 4
    assert cli("update", "shop", "-y").code == 0
    assert '"complete"' not in (shop / ".kgscaffold/lock.json").read_text()
    assert cli("update", "shop", "--check").code == 0


def test_a_merge_is_explained_and_can_be_taken_back(
    cli: Cli, shop: Path, templates: Templates
) -> None:
    edit(shop / SUCCESS, "ship it", "SHIP IT")
    (shop / SUCCESS).chmod(0o640)
    before = committed(shop)
    templates.edit("success.py.jinja", DOC, "It is paid.")
    templates.explain("style", "shorter words", "handlers/success")
    result = cli("update", "shop", "-y", "--diff")
    assert result.code == 0
    assert f"MERGE    {SUCCESS}  (your edits kept)" in result.out
    assert f"\nstyle: shorter words\n         {SUCCESS}\n" in result.out
    assert '+    """It is paid.' in result.out
    assert "1 merge, and the state" in result.out
    text = (shop / SUCCESS).read_text()
    assert "SHIP IT" in text
    assert "It is paid." in text
    assert (shop / SUCCESS).stat().st_mode & 0o777 == 0o640
    again = committed(shop)
    assert cli("update", "shop", "-y").out == "nothing to do\n"
    assert committed(shop) == again
    assert cli("undo", "shop").code == 0
    assert committed(shop) == before


def test_a_conflict_exits_3_and_undo_gives_the_file_back(
    cli: Cli, shop: Path, templates: Templates
) -> None:
    edit(shop / SUCCESS, DOC, "Mine.")
    before = committed(shop)
    templates.edit("success.py.jinja", DOC, "Theirs.")
    assert cli("update", "shop", "-n").code == 3
    assert committed(shop) == before
    result = cli("update", "shop", "-y")
    assert result.code == 3
    assert f"  {SUCCESS}: 1 conflict" in result.err
    text = (shop / SUCCESS).read_text()
    assert "<<<<<<< yours" in text
    assert "Mine." in text
    assert "Theirs." in text
    refused = cli("update", "shop", "-y")
    assert refused.code == 5
    assert SUCCESS in refused.err
    assert "kgscaffold undo" in refused.err
    assert cli("undo", "shop").code == 0
    assert committed(shop) == before


def test_a_file_of_the_users_gets_a_sidecar_even_if_git_ignores_it(
    cli: Cli, shop: Path, templates: Templates
) -> None:
    (shop / "app/extra.py").write_text("mine = 1\n")
    (shop / ".gitignore").write_text("app/extra.py\n")
    templates.add("shop.py.jinja", "extra.py", "# kgscaffold:id=core/extra\n")
    result = cli("update", "shop", "-y")
    assert result.code == 3
    assert (shop / "app/extra.py").read_text() == "mine = 1\n"
    assert (shop / "app/extra.py.kg-new").read_text() == "# kgscaffold:id=core/extra\n"
    assert cli("update", "shop", "--check").code == 4
    (shop / "app/extra.py.kg-new").unlink()
    assert cli("update", "shop", "--check").code == 0


def test_without_git_a_file_changed_on_both_sides_gets_a_sidecar(
    cli: Cli, shop: Path, templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(shop / SUCCESS, "ship it", "SHIP IT")
    templates.edit("success.py.jinja", DOC, "It is paid.")
    templates.edit("core/route.py", '"""', '"""Safe. ')
    monkeypatch.setenv("PATH", str(shop))
    result = cli("update", "shop", "-y")
    assert result.code == 3
    assert "git" in result.err
    assert "It is paid." in (shop / f"{SUCCESS}.kg-new").read_text()
    assert "It is paid." not in (shop / SUCCESS).read_text()
    assert "Safe." in (shop / "app/kryptogo/core/route.py").read_text()


def test_a_security_change_stays_pending_while_its_sidecar_waits(
    cli: Cli, shop: Path, templates: Templates
) -> None:
    route = shop / "app/kryptogo/core/route.py"
    route.write_bytes(route.read_bytes() + b"# caf\xe9\n")
    templates.edit("core/route.py", '"""', '"""Safe. ')
    templates.explain("security", "the route was not safe", "core/route")
    assert cli("update", "shop", "-y").code == 3
    for arguments in (["--check"], ["--check", "--only", "security"]):
        result = cli("update", "shop", *arguments)
        assert result.code == 4
        assert "security change pending: the route was not safe" in result.out


def test_a_changed_answer_goes_the_same_way(cli: Cli, shop: Path) -> None:
    edit(shop / SUCCESS, "ship it", "SHIP IT")
    (shop / "app/mine.py").write_text("mine = 1\n")
    result = cli("update", "shop", "--set", "module=app/pay", "--set", "route=/webhook/pay", "-y")
    assert result.code == 0, result.err
    assert "SHIP IT" in (shop / "app/pay/handlers/success.py").read_text()
    assert not (shop / SUCCESS).exists()
    assert "/webhook/pay" in (shop / "app/pay/config.py").read_text()
    assert "from app.pay import router" in (shop / "app/main.py").read_text()
    assert cli("status", "shop", "--json").document["answers"]["module"] == "app/pay"
    assert cli("update", "shop", "--check").code == 0
    assert cli("undo", "shop").code == 0
    assert cli("status", "shop", "--json").document["counts"]["edited"] == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-y", "--set", "route"], "KEY=VALUE"),
        (["-y", "--set", "framework=flask"], "framework, database and language stay"),
        (["-y", "--set", "database=postgresql"], "stay"),
        (["-y", "--set", "route=x"], "absolute path"),
        (["-y", "--set", "route=/x", "--only", "security"], "--only"),
        (["-y", "--only", "style"], "--only"),
    ],
)
def test_a_wrong_command_line_writes_nothing(
    cli: Cli, shop: Path, arguments: list[str], told: str
) -> None:
    before = read_tree(shop)
    result = cli("update", "shop", *arguments)
    assert result.code == 2
    assert told in result.err
    assert read_tree(shop) == before


def test_the_commands_to_run_next_are_the_projects_own(
    cli: Cli, shop: Path, templates: Templates
) -> None:
    versions = shop / "migrations/versions"
    (versions / "mine.py").write_text('revision = "mine"\ndown_revision = "kryptogo_0004"\n')
    edit(shop / "pyproject.toml", '"fastapi', '"structlog",\n    "fastapi')
    templates.require("anyio>=4")
    templates.add(
        "0002_kryptogo.py.jinja",
        "kg_next.py",
        '# kgscaffold:id=migrations/kg_next\nrevision = "kg_next"\ndown_revision = "0002"\n',
    )
    result = cli("update", "shop", "-y", "--json")
    assert result.code == 0, result.err
    assert result.document["next"] == [
        "python -m pip install -e '.[dev]'",
        "python -m alembic upgrade head",
        "python -m pytest",
    ]
    assert 'down_revision = "mine"' in (versions / "kg_next.py").read_text()
    text = (shop / "pyproject.toml").read_text()
    assert '"structlog"' in text
    assert '"anyio>=4"' in text


def test_an_interrupted_command_is_taken_back_first(
    cli: Cli, shop: Path, templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kgscaffold.apply import disk, forward

    templates.edit("core/route.py", '"""', '"""Safe. ')
    templates.edit("success.py.jinja", DOC, "It is paid.")
    real = disk.move

    def stop(source: Path, target: Path) -> None:
        if target.name == "success.py":
            raise MemoryError
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(disk, "move", stop)
        patch.setattr(forward, "take_back_interrupted", lambda root: None)
        assert cli("update", "shop", "-y").code == 1
    assert cli("update", "shop", "--check").code == 5
    assert "kgscaffold undo" in cli("update", "shop", "-n").err
    result = cli("update", "shop", "-y")
    assert result.code == 0
    assert "took back" in result.err
    assert cli("update", "shop", "--check").code == 0


def test_at_a_terminal_the_plan_is_confirmed(
    cli: Cli, shop: Path, templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    templates.edit("core/route.py", '"""', '"""Safe. ')
    before = read_tree(shop)
    answers = iter([False, True])
    monkeypatch.setattr("kgscaffold.cli.prompts.is_interactive", lambda: True)
    monkeypatch.setattr("kgscaffold.cli.prompts.confirm", lambda *_: next(answers))
    refused = cli("update", "shop")
    assert refused.code == 0
    assert "nothing was written" in refused.err
    assert read_tree(shop) == before
    assert cli("update", "shop").code == 0
    assert "Safe." in (shop / "app/kryptogo/core/route.py").read_text()


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_where_nobody_can_answer_a_plan_needs_yes(
    cli: Cli, shop: Path, templates: Templates, arguments: list[str]
) -> None:
    assert cli("update", "shop", *arguments).code == 0
    templates.edit("core/route.py", '"""', '"""Safe. ')
    before = read_tree(shop)
    result = cli("update", "shop", *arguments)
    assert result.code == 2
    assert "--yes" in result.err
    assert read_tree(shop) == before


def test_a_new_module_names_what_still_speaks_of_the_old_one(cli: Cli, shop: Path) -> None:
    (shop / "app/report.py").write_text("from app.kryptogo import payments_for_order\n")
    (shop / "app/other.py").write_text("from app.kryptogo2 import x\nimport my.app.kryptogo\n")
    mail = shop / HANDLERS / "mail.py"
    mail.write_text("from .success import apply\n")
    os.mkfifo(shop / "pipe")
    edit(shop / "app/main.py", "import logging\n", "import logging\nimport app.kryptogo as pay\n")
    result = cli("update", "shop", "--set", "module=app/pay", "--json", "-y")
    assert result.code == 3
    told = "app/kryptogo is app/pay now: change what names it"
    strays = {item["path"] for item in result.document["actions"] if told in item["reason"]}
    assert strays == {"app/report.py", f"{HANDLERS}/mail.py", "app/main.py"}
    assert mail.exists()
    assert cli("undo", "shop").code == 0


def test_a_read_only_checkout_can_be_checked(cli: Cli, shop: Path, templates: Templates) -> None:
    for path in shop.rglob("*.py"):
        path.chmod(0o444)
    assert cli("update", "shop", "--check").code == 0
    templates.edit("core/route.py", '"""', '"""Safe. ')
    assert cli("update", "shop", "--check").code == 4


def test_the_state_laid_out_otherwise_is_left_alone(cli: Cli, shop: Path) -> None:
    lock = shop / ".kgscaffold/lock.json"
    lock.write_text(json.dumps(json.loads(lock.read_bytes()), indent=8))
    (shop / ".kgscaffold/.gitattributes").write_text("* -text linguist-generated\n")
    before = read_tree(shop)
    assert cli("update", "shop", "-y").code == 0
    assert read_tree(shop) == before
