"""What has not changed since the last update is known from the digest in the lock, unrendered."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kgscaffold.state.paths import LOCK
from tests.cli.projects import SUCCESS, committed
from tests.cli.running import Cli
from tests.cli.templates import Templates
from tests.cli.test_help import COUNT, HEAVY
from tests.editing import edit
from tests.unit.trees import read_tree

ROUTE = "app/kryptogo/core/route.py"
COMMANDS = (
    ("status", "shop", "--json"),
    ("update", "shop", "--check", "--json"),
    ("update", "shop", "--dry-run", "--diff", "--json"),
    ("update", "shop", "--only", "security", "--check"),
    ("update", "shop", "--no-input", "-v"),
)


def digest_in(shop: Path) -> str | None:
    found = json.loads((shop / LOCK).read_bytes()).get("digest")
    assert found is None or isinstance(found, str)
    return found


def without_digest(lock: bytes) -> bytes:
    """Give a lock as a version before 0.2.1 has written it."""
    lines = lock.splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(b'  "digest"'))


def forbid_rendering(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("it was rendered")

    monkeypatch.setattr("kgscaffold.render.fill", fail)


def nothing(shop: Path) -> None:
    assert shop.is_dir()


def edited(shop: Path) -> None:
    edit(shop / SUCCESS, "The order is paid.", "The order is paid, I think.")
    (shop / "app/main.py").write_bytes((shop / "app/main.py").read_bytes().replace(b"\n", b"\r\n"))


def moved(shop: Path) -> None:
    (shop / SUCCESS).rename(shop / "app/paid.py")


def deleted(shop: Path) -> None:
    (shop / SUCCESS).unlink()
    (shop / "README.md").unlink()


def replaced(shop: Path) -> None:
    (shop / SUCCESS).write_bytes((shop / ROUTE).read_bytes())


def without_a_migration(shop: Path) -> None:
    next((shop / "migrations/versions").glob("kryptogo_0003*")).unlink()


def without_a_base(shop: Path) -> None:
    next((shop / ".kgscaffold/base").iterdir()).unlink()


def with_an_altered_base(shop: Path) -> None:
    next((shop / ".kgscaffold/base").iterdir()).write_text("altered\n")


def with_markers(shop: Path) -> None:
    edit(shop / SUCCESS, "The order is paid.", "The order is paid.\n<<<<<<< yours\n")


def interrupted(shop: Path) -> None:
    (shop / ".kgscaffold/undo/1.tmp").mkdir()


def of_a_newer_version(shop: Path) -> None:
    edit(shop / LOCK, '"tool": "', '"tool": "9')


@pytest.mark.parametrize(
    "change",
    [
        nothing,
        edited,
        moved,
        deleted,
        replaced,
        without_a_migration,
        without_a_base,
        with_an_altered_base,
        with_markers,
        interrupted,
        of_a_newer_version,
    ],
)
def test_every_command_says_the_same_with_and_without_a_digest(
    cli: Cli, shop: Path, tmp_path: Path, change: Callable[[Path], None]
) -> None:
    change(shop)
    assert digest_in(shop)
    saved = tmp_path / "saved"
    shop.rename(saved)
    for command in COMMANDS:
        told = []
        for prepare in (bytes, without_digest):
            shutil.copytree(saved, shop)
            (shop / LOCK).write_bytes(prepare((shop / LOCK).read_bytes()))
            told.append(cli(*command))
            shutil.rmtree(shop)
        assert told[0] == told[1], command


def test_a_digest_alone_is_not_written(cli: Cli, shop: Path) -> None:
    (shop / LOCK).write_bytes(without_digest((shop / LOCK).read_bytes()))
    before = read_tree(shop)
    assert "nothing to do" in cli("update", "shop", "--no-input").out
    assert read_tree(shop) == before


@pytest.mark.parametrize("change", [nothing, edited, deleted])
def test_a_current_project_is_not_rendered(
    cli: Cli, shop: Path, change: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    change(shop)
    forbid_rendering(monkeypatch)
    before = committed(shop)
    for command in (*COMMANDS, ("update", "shop", "--set", "route=/api/payment/callback", "-y")):
        result = cli(*command)
        assert result.code == 0, (command, result.err)
    assert committed(shop) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["status", "shop"],
        ["status", "shop", "--json"],
        ["update", "shop", "--check"],
        ["update", "shop", "--check", "--json"],
        ["update", "shop", "--no-input"],
    ],
)
def test_a_current_project_needs_nothing_heavy(
    work: Path, shop: Path, arguments: list[str]
) -> None:
    heavy = (*HEAVY, "plumbum", "tempfile", "tomllib", "configparser")
    done = subprocess.run(
        [sys.executable, "-c", COUNT.format(heavy=heavy), *arguments],
        cwd=work,
        env=os.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "[]", done.stderr


def test_a_change_of_templates_or_answers_is_rendered(
    cli: Cli, shop: Path, templates: Templates
) -> None:
    before = digest_in(shop)
    assert cli("update", "shop", "--check").code == 0
    templates.edit("core/route.py", '"""', '"""Safe. ')
    assert cli("update", "shop", "--check").code == 4
    assert cli("status", "shop", "--json").document["behind"] is True
    assert cli("update", "shop", "--no-input").code == 0
    after = digest_in(shop)
    assert after not in {None, before}
    assert cli("update", "shop", "--set", "route=/paid", "--no-input").code == 0
    assert digest_in(shop) not in {None, before, after}
    assert cli("status", "shop", "--json").document["answers"]["route"] == "/paid"


def test_a_macro_is_a_part_of_the_templates(cli: Cli, shop: Path, templates: Templates) -> None:
    macro = templates.path("_macros/handler.jinja")
    macro.write_text(macro.read_text().replace('"""', '"""Now: '), encoding="utf-8")
    assert cli("update", "shop", "--check").code == 4


def test_a_lock_put_together_from_two_is_rendered(cli: Cli, shop: Path) -> None:
    lock = json.loads((shop / LOCK).read_bytes())
    route = next(file for file in lock["files"] if file["id"] == "core/route")
    other = next(file for file in lock["files"] if file["id"] == "core/worker")
    route["base"] = other["base"]
    (shop / LOCK).write_text(json.dumps(lock))
    document = cli("status", "shop", "--json").document
    assert [file["id"] for file in document["files"] if file["behind"]] == ["core/route"]


def test_what_waits_keeps_a_lock_from_being_current(
    cli: Cli, shop: Path, templates: Templates
) -> None:
    (shop / SUCCESS).unlink()
    templates.edit("core/route.py", '"""', '"""Safe. ')
    templates.edit("handlers/success.py.jinja", "The order is paid.", "The order is settled.")
    templates.explain("security", "It was not safe.", "core/route")
    assert cli("update", "shop", "--only", "security", "--no-input").code == 0
    assert digest_in(shop) is None
    assert cli("update", "shop", "--no-input").code == 0
    assert digest_in(shop) is None
    assert (
        "deleted by you; the templates changed it" in cli("update", "shop", "--check", "--json").out
    )


def test_a_conflict_once_resolved_needs_no_rendering(
    cli: Cli, shop: Path, templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(shop / SUCCESS, "The order is paid.", "The order is paid, I think.")
    templates.edit("handlers/success.py.jinja", "The order is paid.", "The order is settled.")
    assert cli("update", "shop", "--no-input").code == 3
    lines = (shop / SUCCESS).read_text().splitlines(keepends=True)
    resolved = [line for line in lines if not line.startswith(("<<<", "|||", "===", ">>>"))]
    (shop / SUCCESS).write_text("".join(resolved))
    forbid_rendering(monkeypatch)
    assert cli("update", "shop", "--check").code == 0
