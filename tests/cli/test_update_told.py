"""What `update` says of what it leaves: always, not both ways, and until it is dealt with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.projects import DOC, HANDLERS, SUCCESS, committed
from tests.cli.running import Cli, Result
from tests.cli.templates import Templates
from tests.editing import edit
from tests.unit.trees import read_tree

ROUTE = "app/kryptogo/core/route.py"
PYPROJECT = "pyproject.toml"
VERSIONS = "migrations/versions"


def waits_for_a_person(cli: Cli, shop: Path, told: str) -> None:
    """It is said by each run and each check, and nothing is written any more."""
    before = read_tree(shop)
    for options, code in ((["-y"], 3), (["--check"], 4), (["-n"], 3), (["-y"], 3)):
        result = cli("update", "shop", *options)
        assert result.code == code, result
        assert told in result.err + result.out
        assert not says_both(result)
        assert "up to date" not in result.out
        assert "nothing to do" not in result.out
    assert read_tree(shop) == before


def says_both(result: Result) -> bool:
    return "nothing to" in result.out and "updated" in result.err


def test_kept_and_deleted_files_are_named_without_an_entry_in_the_changelog(
    cli: Cli, shop: Path, templates: Templates
) -> None:
    (shop / SUCCESS).unlink()
    edit(shop / ROUTE, "The callback route", "Mine: the callback route")
    edit(shop / f"{HANDLERS}/expired.py", "in time.", "in good time.")
    templates.edit("success.py.jinja", DOC, "It is paid.")
    templates.edit("expired.py.jinja", "in time.", "in good time.")
    templates.path("core/route.py").unlink()
    result = cli("update", "shop", "-n")
    assert result.code == 0, result.err
    out = result.out
    assert f"KEEP     {SUCCESS}  (deleted by you; the templates changed it)" in out
    assert f"KEEP     {ROUTE}  (the templates have dropped it, but you edited it" in out
    assert f"KEEP     {HANDLERS}/expired.py  (you made the same change already)" in out


def test_a_change_of_the_state_alone_is_not_called_nothing(cli: Cli, shop: Path) -> None:
    (shop / SUCCESS).rename(shop / f"{HANDLERS}/paid.py")
    result = cli("update", "shop", "-y")
    assert (result.code, says_both(result)) == (0, False)
    assert f"KEEP     {HANDLERS}/paid.py  (moved by you from {SUCCESS})" in result.out
    assert "no file of yours changes, only the state" in result.out
    assert "updated" in result.err
    assert cli("update", "shop", "-y").out == "nothing to do\n"


@pytest.mark.parametrize("raised", ["fastapi>=99", "fastapi==100.1.2"])
def test_a_pinned_dependency_needs_a_person_until_it_is_raised(
    cli: Cli, shop: Path, templates: Templates, raised: str
) -> None:
    pinned = next(
        line.strip(' ",')
        for line in (shop / PYPROJECT).read_text().splitlines()
        if '"fastapi' in line
    )
    edit(shop / PYPROJECT, pinned, "fastapi==0.1.0")
    templates.require("fastapi>=99", instead_of=pinned)
    templates.require("anyio>=4")
    templates.explain("security", "fastapi was not safe", "project/pyproject")
    result = cli("update", "shop", "-y")
    assert result.code == 3
    assert "anyio>=4" in (shop / PYPROJECT).read_text()
    waits_for_a_person(cli, shop, "yours is kept (fastapi==0.1.0); it is now fastapi>=99")
    assert "security change pending: fastapi was not safe" in cli("update", "shop", "--check").out
    edit(shop / PYPROJECT, '    "anyio>=4",\n', "")
    waits_for_a_person(cli, shop, "it is now fastapi>=99")
    assert "anyio" not in (shop / PYPROJECT).read_text(), "what the user deleted came back"
    edit(shop / PYPROJECT, "fastapi==0.1.0", raised)
    assert cli("update", "shop", "--check").code == 0
    assert cli("update", "shop", "-y").code == 0
    before = read_tree(shop)
    assert cli("update", "shop", "-y").out == "nothing to do\n"
    assert read_tree(shop) == before


@pytest.mark.parametrize(
    ("path", "generated", "mine", "theirs"),
    [
        (PYPROJECT, '"fastapi', '"fastapi==0.1.0", #', '"fastapi>=99", #'),
        (PYPROJECT, '"fastapi', '#"', '"fastapi>=99", #'),
        (".env.example", "BASE_URL=http://127.", "BASE_URL=http://mine.", "BASE_URL=http://its."),
    ],
)
def test_the_users_own_stays_for_good_on_the_way_that_is_told(
    cli: Cli, shop: Path, templates: Templates, path: str, generated: str, mine: str, theirs: str
) -> None:
    edit(shop / path, generated, mine)
    own = (shop / path).read_bytes()
    if path == PYPROJECT:
        templates.require("fastapi>=99", instead_of="fastapi>=0.115")
    else:
        templates.edit(f"{path}.jinja", generated, theirs)
    assert cli("update", "shop", "-y").code == 3
    waits_for_a_person(cli, shop, "to keep yours for good, update then, and put yours back")
    edit(shop / path, mine, theirs)
    assert cli("update", "shop", "-y").code == 0
    (shop / path).write_bytes(own)
    assert cli("update", "shop", "--check").code == 0
    assert cli("update", "shop", "-y").out == "nothing to do\n"
    assert (shop / path).read_bytes() == own


def test_a_file_of_the_users_own_is_never_asked_for_an_id(
    cli: Cli, shop: Path, templates: Templates
) -> None:
    (shop / "app/extra.py").write_text("mine = 1\n")
    templates.add("shop.py.jinja", "extra.py", "# kgscaffold:id=core/extra\n")
    assert cli("update", "shop", "-y").code == 3
    (shop / "app/extra.py.kg-new").unlink()
    result = cli("update", "shop", "-y")
    assert (result.code, result.out) == (0, "nothing to do\n")


def test_what_was_left_is_still_said_after_the_next_change_of_the_templates(
    cli: Cli, shop: Path, templates: Templates
) -> None:
    edit(shop / PYPROJECT, '"fastapi', '"fastapi==0.1.0", #')
    templates.require("fastapi>=99", instead_of="fastapi>=0.115")
    assert cli("update", "shop", "-y").code == 3
    templates.require("anyio>=4")
    assert cli("update", "shop", "-y").code == 3
    assert "anyio>=4" in (shop / PYPROJECT).read_text()
    waits_for_a_person(cli, shop, "it is now fastapi>=99")


def test_a_file_that_no_longer_parses_is_named_until_it_does(
    cli: Cli, shop: Path, templates: Templates
) -> None:
    edit(shop / SUCCESS, "import logging", "import logging (")
    templates.edit("success.py.jinja", DOC, "It is paid.")
    assert cli("update", "shop", "-y").code == 3
    waits_for_a_person(cli, shop, "no longer parses")
    edit(shop / SUCCESS, "import logging (", "import logging")
    assert cli("update", "shop", "-y").code == 0
    assert cli("update", "shop", "--check").code == 0


def test_what_names_the_modules_old_place_is_named_until_it_does_not(cli: Cli, shop: Path) -> None:
    report = shop / "app/report.py"
    report.write_text("from app.kryptogo import payments_for_order\n")
    (shop / "notes.md").write_text("It was in app/kryptogo once.\n")
    first = cli("update", "shop", "--set", "module=app/pay", "-y")
    assert first.code == 3
    assert "KEEP     notes.md  (yours; app/kryptogo is app/pay now" in first.out
    assert "  notes.md" not in first.err
    waits_for_a_person(cli, shop, "app/report.py: yours; app/kryptogo is app/pay now")
    report.write_text("from app.pay import payments_for_order\n")
    assert cli("update", "shop", "--check").code == 0
    assert cli("update", "shop", "-y").code == 0
    assert cli("update", "shop", "-y").out == "nothing to do\n"


@pytest.mark.parametrize(("some", "name"), [(1, "LF"), (-1, "CRLF")])
def test_mixed_line_endings_are_not_made_one_without_a_word(
    cli: Cli, shop: Path, templates: Templates, some: int, name: str
) -> None:
    head, *rest = (shop / SUCCESS).read_bytes().splitlines()
    ends = (b"\r\n", b"\n")[::some]
    (shop / SUCCESS).write_bytes(head + ends[0] + b"".join(line + ends[1] for line in rest))
    templates.edit("success.py.jinja", DOC, "It is paid.")
    result = cli("update", "shop", "-y")
    assert result.code == 0
    assert f"its lines ended in LF and in CRLF: all end in {name} now" in result.out
    content = (shop / SUCCESS).read_bytes()
    assert content.count(b"\r\n") == (content.count(b"\n") if name == "CRLF" else 0)


def test_what_only_lies_in_the_modules_old_place_is_said_once(cli: Cli, shop: Path) -> None:
    texts = {
        "app/kryptogo/taxes.py": "from .rates import RATE\nfrom ..db import Order\n",
        "app/kryptogo/rates.py": "RATE = 5\n",
        "app/kryptogo/logo.svg": "<svg/>\n",
    }
    for path, text in texts.items():
        (shop / path).write_text(text)
    result = cli("update", "shop", "--set", "module=app/pay", "-y")
    assert result.code == 0, result.out + result.err
    for path, text in texts.items():
        assert f"KEEP     {path}  (yours, and stays: app/kryptogo is app/pay now)" in result.out
        assert (shop / path).read_text() == text
    assert cli("update", "shop", "-y").out == "nothing to do\n"
    assert cli("update", "shop", "--check").code == 0


@pytest.mark.parametrize("imported", [".core.route", "."])
def test_what_imports_from_beside_it_what_has_moved_is_named_until_it_does_not(
    cli: Cli, shop: Path, imported: str
) -> None:
    mine = shop / "app/kryptogo/mine.py"
    mine.write_text(f"from {imported} import router\n")
    assert cli("update", "shop", "--set", "module=app/pay", "-y").code == 3
    waits_for_a_person(cli, shop, "app/kryptogo/mine.py: yours; app/kryptogo is app/pay now")
    mine.write_text("from app.pay.core.route import router\n")
    assert cli("update", "shop", "-y").code == 0
    assert cli("update", "shop", "--check").code == 0


def test_tables_for_other_answers_need_a_migration_until_there_is_one(cli: Cli, shop: Path) -> None:
    assert cli("update", "shop", "--set", "orders_table=sales", "-y").code == 3
    waits_for_a_person(cli, shop, "alter the tables in a migration of your own")
    (shop / VERSIONS / "mine.py").write_text('revision = "m"\ndown_revision = "kryptogo_0003"\n')
    assert cli("update", "shop", "-y").code == 0
    assert cli("update", "shop", "--check").code == 0


@pytest.mark.parametrize("options", [["-y"], ["-y", "--json"]])
def test_what_waits_is_counted_only_where_something_is_written(
    cli: Cli, shop: Path, templates: Templates, options: list[str]
) -> None:
    (shop / "app/extra.py").write_text("mine = 1\n")
    templates.add("shop.py.jinja", "extra.py", "# kgscaffold:id=core/extra\n")
    first = cli("update", "shop", *options)
    again = cli("update", "shop", *options)
    assert (first.code, again.code) == (3, 3)
    if "--json" in options:
        assert again.document["applied"] is False
        assert [item["path"] for item in again.document["actions"] if item["needs_person"]] == [
            "app/extra.py.kg-new"
        ]
    else:
        assert "1 sidecar, and the state" in first.out
        assert "nothing to write; 1 file waits for you" in again.out
        assert "that settles it" in again.out


def test_a_link_and_a_copied_id_are_told_by_status_too(cli: Cli, shop: Path) -> None:
    (shop / "README.md").unlink()
    (shop / "README.md").symlink_to("/etc/hostname")
    (shop / f"{HANDLERS}/expired.py").write_bytes((shop / SUCCESS).read_bytes())
    files = cli("status", "shop", "--json").document["files"]
    found = {file["path"]: file for file in files if file["state"] == "unclear"}
    assert set(found) == {"README.md", f"{HANDLERS}/expired.py"}
    assert "is a symbolic link" in found["README.md"]["reason"]
    assert f"handlers/success, as {SUCCESS} does" in found[f"{HANDLERS}/expired.py"]["reason"]
    assert "unclear" in cli("status", "shop").out
    state = committed(shop)
    assert cli("update", "shop", "-y").code == 3
    assert committed(shop) == state


def test_a_new_route_says_that_the_callback_url_has_to_follow(cli: Cli, shop: Path) -> None:
    result = cli("update", "shop", "-y", "--set", "route=/webhook/kryptogo")
    (line,) = [line for line in result.err.splitlines() if "KRYPTOGO_CALLBACK_URL" in line]
    assert "/webhook/kryptogo" in line
    assert "/api/payment/callback" in line
    assert "KRYPTOGO_CALLBACK_URL" not in cli("update", "shop", "-y").err


def test_the_environment_that_the_example_is_copied_to_is_no_copy(cli: Cli, shop: Path) -> None:
    (shop / ".env").write_bytes((shop / ".env.example").read_bytes())
    result = cli("update", "shop", "-y")
    assert result.code == 0
    assert ".env" not in result.out + result.err
