"""What `init` refuses: the exit code, what it says, and that nothing is written."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from kgscaffold.apply import disk
from kgscaffold.render.layers import templates_root
from tests.cli.running import INIT, Cli
from tests.unit.trees import read_tree


@pytest.mark.parametrize("command", ["init", "update", "status", "undo", "eject", "demo"])
def test_an_empty_folder_name_is_not_the_current_folder(cli: Cli, work: Path, command: str) -> None:
    result = cli(command, "")
    assert (result.code, result.out) == (2, "")
    assert "DIR is empty" in result.err
    assert read_tree(work) == {}


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], 2, ["--framework", "--database"]),
        (["-d", "sqlite"], 2, ["--framework"]),
        (["-f", "fastapi"], 2, ["--database"]),
        (["-f", "fastpi", "-d", "sqlite"], 2, ["--framework", "did you mean 'fastapi'"]),
        (["-f", "fastapi", "-d", "sqllite"], 2, ["--database", "did you mean 'sqlite'"]),
        (["-f", "nestjs", "-d", "mongo"], 5, ["MongoDB is planned", "sqlite"]),
        (
            ["-f", "nestjs", "-d", "sqlite", "--module-system", "amd"],
            2,
            ["--module-system 'amd': with TypeScript it is esm or commonjs"],
        ),
        (["-f", "nestjs", "-d", "sqlite", "--language", "javascript"], 2, ["it is typescript"]),
        (["-f", "fastapi", "-d", "mongo"], 5, ["MongoDB is planned", "sqlite"]),
        ([*INIT, "--route", "callback"], 2, ["--route", "absolute path"]),
        ([*INIT, "--route", "/a?b"], 2, ["--route", "no query"]),
        ([*INIT, "--module", "app/2x"], 2, ["--module", "identifiers"]),
        ([*INIT, "--module", "kryptogo"], 2, ["--module", "PACKAGE/NAME"]),
        ([*INIT, "--orders-table", "order"], 2, ["--orders-table", "reserved word"]),
        ([*INIT, "--orders-table", "x; drop"], 2, ["--orders-table", "SQL identifier"]),
        ([*INIT, "--order-data-key", 'a"b'], 2, ["--order-data-key", "order_id"]),
    ],
)
def test_a_wrong_value_is_refused_by_its_flag(
    cli: Cli, work: Path, arguments: list[str], code: int, told: list[str]
) -> None:
    result = cli("init", "shop", *arguments, "--no-input")
    assert (result.code, result.out) == (code, "")
    for text in told:
        assert text in result.err
    assert read_tree(work) == {}


def test_a_refusal_is_one_json_object_too(cli: Cli) -> None:
    error = cli("init", "shop", "--no-input", "--json").document["error"]
    assert error["exit_code"] == 2
    assert "--framework" in error["message"]


def refused(cli: Cli, directory: str = "shop") -> str:
    """Give what `init` says when it exits 5 and leaves everything as it was."""
    before = read_tree(Path.cwd())
    result = cli("init", directory, *INIT, "--no-input")
    assert result.code == 5
    assert "Next:" not in result.err
    assert read_tree(Path.cwd()) == before
    return result.err


def test_every_colliding_path_is_named(cli: Cli, work: Path) -> None:
    (work / "shop/app").mkdir(parents=True)
    (work / "shop/app/main.py").write_text("mine")
    (work / "shop/alembic.ini").write_text("mine")
    (work / "shop/migrations").write_text("a file, not a folder")
    (work / "shop/.env.example").symlink_to("nowhere")
    told = refused(cli)
    named = [line.strip() for line in told.splitlines() if line.startswith("  ")]
    assert named == [".env.example", "alembic.ini", "app/main.py", "migrations"]


def test_a_linked_folder_in_the_way_is_named(cli: Cli, work: Path) -> None:
    (work / "elsewhere").mkdir()
    (work / "shop").mkdir()
    (work / "shop/app").symlink_to(work / "elsewhere")
    assert "\n  app\n" in refused(cli)


@pytest.mark.parametrize("name", ["pyproject.toml", "package.json", "requirements.txt"])
def test_an_existing_project_is_recognised(cli: Cli, work: Path, name: str) -> None:
    (work / "shop").mkdir()
    (work / "shop" / name).write_text("")
    told = refused(cli)
    assert name in told
    assert "existing project" in told


def test_a_folder_with_files_of_others_is_not_filled_unasked(cli: Cli, work: Path) -> None:
    (work / "shop/src").mkdir(parents=True)
    (work / "shop/src/index.php").write_text("mine")
    (work / "shop/notes.txt").write_text("mine")
    told = refused(cli)
    assert "notes.txt" in told
    assert "src" in told
    assert "new or empty folder" in told
    for flags in (["--yes"], ["--dry-run"]):
        assert cli("init", "shop", *INIT, *flags).code == 5


def test_a_project_of_our_own_is_recognised(cli: Cli) -> None:
    assert cli("init", "shop", *INIT, "--no-input").code == 0
    told = refused(cli)
    assert "already" in told
    assert "`kgscaffold status shop`" in told


def test_state_without_a_lock_is_not_touched(cli: Cli, work: Path) -> None:
    assert cli("init", "shop", *INIT, "--no-input").code == 0
    (work / "shop/.kgscaffold/lock.json").unlink()
    assert "without a lock" in refused(cli)


@pytest.mark.parametrize("directory", ["file", "file/shop", "dangling", "dangling/shop"])
def test_something_else_than_a_folder(cli: Cli, work: Path, directory: str) -> None:
    (work / "file").write_text("")
    (work / "dangling").symlink_to("nowhere")
    assert directory in refused(cli, directory)


@pytest.mark.parametrize("directory", ["/proc/shop", "/proc/self/status/shop", "x" * 300, "a\0b"])
def test_folders_that_cannot_be(cli: Cli, directory: str) -> None:
    assert refused(cli, directory)


def test_an_unwritable_folder_is_refused_before_anything_is_asked(
    cli: Cli, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert "cannot write into" in refused(cli)


def test_a_disk_that_refuses_is_named(
    cli: Cli, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(disk, "make_folder", refuse)
    told = refused(cli)
    assert "cannot write: Permission denied" in told
    assert str(work) in told


def test_unreadable_templates_are_named(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("kgscaffold.render.templates_root", lambda: tmp_path / "gone")
    told = refused(cli)
    assert "templates cannot be read" in told
    assert str(tmp_path / "gone") in told


@pytest.mark.parametrize("folder", ["", "python", "python/fastapi", "python/handlers/_macros"])
def test_a_folder_of_templates_that_cannot_be_listed_is_named(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    """Root reads everything, so the system's answer is made up."""
    closed = templates_root() / folder

    def scandir(path: str | int) -> object:
        if isinstance(path, str) and (Path(path) == closed or closed in Path(path).parents):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return listed(path)

    listed = os.scandir
    monkeypatch.setattr("os.scandir", scandir)
    told = refused(cli)
    assert "templates cannot be read: Permission denied" in told
    assert str(closed) in told


def test_a_bug_leaves_a_log_and_says_how_to_report(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("the bug")

    monkeypatch.setattr("kgscaffold.scaffold.render", fail)
    result = cli("init", "shop", *INIT, "--no-input")
    assert result.code == 1
    log = next((tmp_path / "state/kgscaffold").glob("error-*.log"))
    assert str(log) in result.err
    assert "report it" in result.err
    text = log.read_text()
    assert "ZeroDivisionError: the bug" in text
    assert "init shop --framework" in text
