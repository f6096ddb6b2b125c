"""What `update` refuses: exit 5, the file and the way out named, and nothing written."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest

from tests.cli.projects import DOC, HANDLERS, SUCCESS
from tests.cli.running import Cli
from tests.cli.templates import Templates
from tests.editing import edit
from tests.unit.trees import read_tree

LOCK = ".kgscaffold/lock.json"


def change_lock(shop: Path, change: Callable[[Any], None]) -> None:
    document = json.loads((shop / LOCK).read_bytes())
    change(document)
    (shop / LOCK).write_text(json.dumps(document))


def lock_missing(shop: Path) -> str:
    (shop / LOCK).unlink()
    return LOCK


def lock_is_a_folder(shop: Path) -> str:
    (shop / LOCK).unlink()
    (shop / LOCK).mkdir()
    return LOCK


def lock_not_json(shop: Path) -> str:
    (shop / LOCK).write_text("{")
    return LOCK


def lock_unmerged(shop: Path) -> str:
    text = (shop / LOCK).read_text()
    (shop / LOCK).write_text(f"{{\n<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> other\n")
    return "--ours"


def lock_of_a_newer_schema(shop: Path) -> str:
    change_lock(shop, lambda lock: lock.update(schema=2, tool="7.0.0"))
    return "7.0.0"


def lock_of_a_newer_version(shop: Path) -> str:
    change_lock(shop, lambda lock: lock.update(tool="7.0.0"))
    return "7.0.0"


def path_outside(shop: Path) -> str:
    change_lock(shop, lambda lock: lock["files"][0].update(path="../victim.py"))
    return "../victim.py"


def path_in_git(shop: Path) -> str:
    change_lock(shop, lambda lock: lock["files"][0].update(path=".git/hooks/post-commit"))
    return ".git/hooks/post-commit"


def base_tampered_with(shop: Path) -> str:
    base = sorted((shop / ".kgscaffold/base").iterdir())[0]
    base.write_bytes(base.read_bytes() + b"# no\n")
    return f".kgscaffold/base/{base.name}"


def markers_left(shop: Path) -> str:
    edit(shop / SUCCESS, DOC, "\n<<<<<<< yours\nmine\n=======\n>>>>>>> new\n")
    return SUCCESS


def a_managed_folder_is_a_link(shop: Path) -> str:
    (shop / HANDLERS).rename(shop / "elsewhere")
    (shop / HANDLERS).symlink_to(shop / "elsewhere")
    return f"{HANDLERS} is a symbolic link"


def a_sidecar_is_a_link(shop: Path) -> str:
    (shop / f"{SUCCESS}.kg-new").symlink_to("/dev/null")
    return f"{SUCCESS}.kg-new"


def a_file_is_read_only(shop: Path) -> str:
    (shop / SUCCESS).chmod(0o444)
    return SUCCESS


def a_name_that_the_lock_cannot_hold(shop: Path) -> str:
    (shop / SUCCESS).rename(shop / "app/a\\b.py")
    return "app/a\\b.py"


def undo_is_a_link(shop: Path) -> str:
    (shop.parent / "elsewhere").mkdir()
    rmtree(shop / ".kgscaffold/undo")
    (shop / ".kgscaffold/undo").symlink_to(shop.parent / "elsewhere")
    return ".kgscaffold/undo"


def an_id_in_two_files(shop: Path) -> str:
    content = (shop / SUCCESS).read_bytes()
    (shop / SUCCESS).unlink()
    (shop / "app/one.py").write_bytes(content)
    (shop / "app/two.py").write_bytes(content)
    return "app/two.py"


def several_heads(shop: Path) -> str:
    for name in ("a", "b"):
        (shop / f"migrations/versions/{name}.py").write_text(
            f'revision = "{name}"\ndown_revision = "0002"\n'
        )
    return "migrations/versions/b.py"


BREAKS = [
    lock_missing,
    lock_is_a_folder,
    lock_not_json,
    lock_unmerged,
    lock_of_a_newer_schema,
    lock_of_a_newer_version,
    path_outside,
    path_in_git,
    base_tampered_with,
    markers_left,
    a_managed_folder_is_a_link,
    a_sidecar_is_a_link,
    a_file_is_read_only,
    a_name_that_the_lock_cannot_hold,
    undo_is_a_link,
    an_id_in_two_files,
    several_heads,
]


@pytest.mark.parametrize("break_it", BREAKS, ids=lambda break_it: break_it.__name__)
def test_refused_and_nothing_written(
    cli: Cli, work: Path, shop: Path, templates: Templates, break_it: Callable[[Path], str]
) -> None:
    templates.edit("success.py.jinja", DOC, "It is paid.")
    migration = '# kgscaffold:id=migrations/kg3\nrevision = "kg3"\ndown_revision = "0002"\n'
    templates.add("0002_kryptogo.py.jinja", "kg3.py", migration)
    named = break_it(shop)
    before = read_tree(work)
    result = cli("update", "shop", "-y")
    assert result.code == 5
    assert named in result.err
    assert len(result.err.splitlines()) > 2, "no way out is named"
    assert read_tree(work) == before


def test_a_template_folder_that_cannot_be_read(cli: Cli, shop: Path, templates: Templates) -> None:
    before = read_tree(shop)
    templates.edit("core/worker.py", '"""', '"""Safe. ')
    (templates.root / "changelog.toml").write_text("[")
    result = cli("update", "shop", "-y")
    assert result.code == 5
    assert "changelog.toml" in result.err
    route = templates.path("core/route.py")
    route.unlink()
    route.symlink_to("nowhere")
    result = cli("update", "shop", "-y")
    assert result.code == 5
    assert "Install kgscaffold again" in result.err
    assert read_tree(shop) == before


def test_the_users_mistake_elsewhere_does_not_matter(
    cli: Cli, shop: Path, templates: Templates
) -> None:
    (shop / "notes.md").write_text("<<<<<<< \n")
    (shop / "link").symlink_to("nowhere")
    (shop / "app/fixed.py").write_text("x = 1\n")
    (shop / "app/fixed.py").chmod(0o444)
    several_heads(shop)
    templates.edit("success.py.jinja", DOC, "It is paid.")
    assert cli("update", "shop", "-y").code == 0


@pytest.mark.parametrize("arguments", [["update", "-y"], ["update"], ["eject"]], ids=" ".join)
def test_no_project_at_all(cli: Cli, work: Path, arguments: list[str]) -> None:
    result = cli(*arguments)
    assert result.code == 5
    assert "kgscaffold init" in result.err
    assert os.listdir(work) == []
