"""`kgscaffold eject`: plain code is left."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.cli.projects import SUCCESS
from tests.cli.running import Cli
from tests.editing import edit
from tests.unit.trees import read_tree


def test_headers_lock_and_bases_go_and_the_code_stays(cli: Cli, shop: Path) -> None:
    edit(shop / SUCCESS, "ship it", "SHIP IT")
    (shop / "app/db.py").rename(shop / "app/storage.py")
    before = read_tree(shop)
    result = cli("eject", "shop", "-y", "--json")
    assert result.code == 0
    assert SUCCESS in result.document["files"]
    assert "app/storage.py" in result.document["files"]
    assert result.document["kept"] == []
    for path, (kind, _) in read_tree(shop).items():
        if kind == "file" and not path.startswith(".kgscaffold/"):
            content = (shop / path).read_text()
            assert "kgscaffold:id" not in content
            assert not content.startswith("\n")
            if path.endswith(".py"):
                ast.parse(content)
    assert "SHIP IT" in (shop / SUCCESS).read_text()
    state = {path.name for path in (shop / ".kgscaffold").rglob("*") if path.is_file()}
    assert "lock.json" not in state
    assert not any(name.endswith(".base") for name in state)
    assert [path.name for path in (shop / ".kgscaffold").iterdir() if path.is_file()] == []
    assert cli("update", "shop", "-y").code == 5
    assert cli("undo", "shop").code == 0
    assert {path: entry for path, entry in read_tree(shop).items() if path in before} == before


def test_it_is_confirmed_and_a_dry_run_writes_nothing(cli: Cli, shop: Path) -> None:
    before = read_tree(shop)
    assert cli("eject", "shop").code == 2
    result = cli("eject", "shop", "--dry-run")
    assert result.code == 0
    assert f"UPDATE   {SUCCESS}" in result.out
    assert read_tree(shop) == before


def test_a_byte_order_mark_stays(cli: Cli, shop: Path) -> None:
    mark = b"\xef\xbb\xbf"
    (shop / SUCCESS).write_bytes(mark + (shop / SUCCESS).read_bytes())
    assert cli("eject", "shop", "-y").code == 0
    content = (shop / SUCCESS).read_bytes()
    assert content.startswith(mark)
    assert b"kgscaffold" not in content


def test_a_header_with_something_else_in_its_line_is_kept_and_named(cli: Cli, shop: Path) -> None:
    edit(shop / SUCCESS, "handlers/success", "handlers/success mine = 1")
    document = cli("eject", "shop", "-y", "--json").document
    assert document["kept"] == [SUCCESS]
    assert "mine = 1" in (shop / SUCCESS).read_text()


def test_an_unsound_project_is_refused(cli: Cli, work: Path) -> None:
    assert cli("eject", "-y").code == 5
    assert read_tree(work) == {}


def test_a_new_project_in_an_ejected_folder_is_refused_with_the_way_out(
    cli: Cli, shop: Path
) -> None:
    assert cli("eject", "shop", "-y").code == 0
    result = cli("init", "shop", "-f", "fastapi", "-d", "sqlite", "-y")
    assert result.code == 5
    assert "was ejected" in result.err
