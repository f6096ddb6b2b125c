"""`kgscaffold init` where it works."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kgscaffold.state.lock import read_lock
from kgscaffold.state.paths import digest
from tests.cli.running import INIT, Cli, process
from tests.unit.trees import read_tree


def test_twice_gives_the_same_bytes(cli: Cli, work: Path) -> None:
    for parent in ("one", "two"):
        assert cli("init", f"{parent}/shop", *INIT, "--no-input", "--yes").code == 0
    assert read_tree(work / "one") == read_tree(work / "two")


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "postgres", "mysql", "mariadb"])
def test_files_lock_and_bases_agree(cli: Cli, work: Path, database: str) -> None:
    result = cli("init", "shop", "-f", "fastapi", "-d", database, "--no-input", "--json")
    assert result.code == 0
    shop = work / "shop"
    lock = read_lock((shop / ".kgscaffold/lock.json").read_bytes())
    written = {
        name: content
        for name, (kind, content) in read_tree(shop).items()
        if kind == "file" and not name.startswith(".kgscaffold/")
    }
    assert set(written) == {file.path for file in lock.files}
    for file in lock.files:
        content = (shop / file.path).read_bytes()
        assert digest(content) == file.base
        assert (shop / f".kgscaffold/base/{file.base}.base").read_bytes() == content
        assert f"kgscaffold:id={file.id}".encode() in b"\n".join(content.splitlines()[:3])
    assert (shop / ".kgscaffold/.gitattributes").read_text() == "* -text\n"
    assert (shop / ".kgscaffold/.gitignore").read_text() == "undo/\n"
    assert result.document["counts"] == {"create": len(lock.files)}
    assert result.document["applied"] is True
    assert [action["path"] for action in result.document["actions"]] == sorted(written)


def test_a_name_as_long_as_a_disk_allows_is_a_folder_like_any_other(cli: Cli, work: Path) -> None:
    assert cli("init", "l" * 255, *INIT, "--no-input").code == 0
    assert cli("undo", "l" * 255, "-y").code == 0
    assert read_tree(work) == {}


def test_the_next_step_leads_into_a_folder_with_a_leading_dash(cli: Cli) -> None:
    result = cli("init", *INIT, "--no-input", "--", "-lead")
    assert result.code == 0
    assert "cd ./-lead" in result.err


def test_the_state_has_no_trace_of_the_machine_or_the_moment(cli: Cli, work: Path) -> None:
    cli("init", "shop", *INIT, "--no-input")
    for name in (".kgscaffold/lock.json", ".kgscaffold/undo/1/journal.json"):
        text = (work / "shop" / name).read_text()
        assert str(work) not in text
        assert "shop/" not in text
        assert "20" + "26-" not in text


def test_the_preview_is_folded_by_folder(cli: Cli) -> None:
    result = cli("init", "shop", *INIT, "--yes")
    lines = result.out.splitlines()
    assert len(lines) < 20
    assert all(line.startswith(("CREATE   ", " " * 9)) for line in lines[:-1])
    assert "CREATE   app/kryptogo/handlers/  6 files" in lines
    *folders, own = result.out.rpartition("\n")[0].split("CREATE   ")[1:]
    names = own.rpartition("\n")[0].replace("\n", " ").split(", ")
    assert "alembic.ini" in {name.strip() for name in names}
    told = [re.search(r"  (\d+) files?$", folder.strip()) for folder in folders]
    total = len(names) + sum(int(found[1]) for found in told if found)
    assert lines[-1] == f"{total} create, and the state in .kgscaffold/"


def test_verbose_lists_every_file(cli: Cli) -> None:
    result = cli("init", "shop", *INIT, "--yes", "-v")
    lines = result.out.splitlines()
    assert "CREATE   app/kryptogo/handlers/success.py" in lines
    assert lines[-1] == f"{len(lines) - 1} create, and the state in .kgscaffold/"


def test_diff_shows_the_contents_and_decides_nothing(cli: Cli, work: Path) -> None:
    result = cli("init", "shop", *INIT, "--dry-run", "--diff")
    assert "+++ b/app/main.py" in result.out
    assert "--- /dev/null" in result.out
    assert "shows, does not decide" in " ".join(cli("init", "--help").out.split())
    undecided = cli("init", "shop", *INIT, "--diff")
    assert (undecided.code, undecided.out) == (2, "")
    assert read_tree(work) == {}
    assert cli("init", "shop", *INIT, "--diff", "--yes").code == 0
    assert (work / "shop/app/main.py").is_file()
    document = cli("init", "two", *INIT, "--dry-run", "--diff", "--json").document
    assert all("+++ b/" in action["diff"] for action in document["actions"])


@pytest.mark.parametrize("more", [["--dry-run"], ["-n", "--yes"], ["-n", "--no-input", "--json"]])
def test_a_dry_run_writes_nothing(cli: Cli, work: Path, more: list[str]) -> None:
    result = cli("init", "a/b/shop", *INIT, *more)
    assert result.code == 0
    assert "app/" in result.out
    assert read_tree(work) == {}


def test_json_is_one_object_with_the_documented_keys(cli: Cli) -> None:
    document = cli("init", "shop", *INIT, "--no-input", "--json").document
    assert set(document) == {
        "schema",
        "command",
        "directory",
        "dry_run",
        "applied",
        "answers",
        "actions",
        "counts",
        "next",
    }
    assert set(document["actions"][0]) == {
        "action",
        "id",
        "path",
        "moved_from",
        "policy",
        "reason",
        "notes",
        "needs_person",
        "changes",
    }
    assert document["answers"]["framework"] == "fastapi"


def test_quiet_says_nothing(cli: Cli) -> None:
    assert cli("init", "shop", *INIT, "--no-input", "-q").err == ""


def test_answers_by_flags(cli: Cli, work: Path) -> None:
    flags = [
        *("--module", "store/pay"),
        *("--route", "/webhook/kryptogo"),
        *("--orders-table", "purchases"),
        *("--order-data-key", "purchase"),
    ]
    document = cli("init", "shop", *INIT, *flags, "--no-input", "--json").document
    assert document["answers"] == {
        "framework": "fastapi",
        "database": "sqlite",
        "project_name": "shop",
        "module": "store/pay",
        "route": "/webhook/kryptogo",
        "orders_table": "purchases",
        "order_data_key": "purchase",
        "language": "python",
        "module_system": "package",
    }
    assert (work / "shop/store/pay/core").is_dir()
    assert "python -m store" in document["next"]


@pytest.mark.parametrize(
    "directory",
    [
        ".",
        "./",
        "shop/",
        "a/../shop",
        "L\u00e4dchen \u5546\u5e97",
        "~nobody-such",
        "\udcff\udcfe",
        "it's",
        'quo"te',
        "new\nline",
        "-- x",
    ],
)
def test_odd_folders(cli: Cli, work: Path, directory: str) -> None:
    if directory.startswith("a/"):
        (work / "a").mkdir()
    before = read_tree(work)
    result = cli("init", *INIT, "--no-input", "--json", "--", directory)
    assert result.code == 0, result.err
    assert (work / directory / ".kgscaffold/lock.json").is_file()
    assert cli("status", "--json", "--", directory).document["counts"] == {
        "clean": len(result.document["actions"])
    }
    assert cli("undo", "-qy", "--", directory).code == 0
    assert read_tree(work) == before


def test_a_link_to_a_folder_is_followed(cli: Cli, work: Path) -> None:
    (work / "real").mkdir()
    (work / "link").symlink_to("real")
    assert cli("init", "link", *INIT, "--no-input").code == 0
    assert (work / "real/app/main.py").is_file()


def test_harmless_files_stay(cli: Cli, work: Path) -> None:
    (work / ".git").mkdir()
    (work / ".git/config").write_text("x")
    (work / "LICENSE").write_text("mine")
    (work / ".editorconfig").write_text("mine")
    (work / "venv").mkdir()
    (work / "venv/pyvenv.cfg").write_text("mine")
    before = read_tree(work)
    assert cli("init", *INIT, "--no-input").code == 0
    assert before.items() <= read_tree(work).items()
    assert cli("undo", "-y").code == 0
    assert read_tree(work) == before


def test_without_a_terminal_a_process_asks_nothing(work: Path) -> None:
    result = process("init", "shop", *INIT, cwd=work)
    assert (result.code, result.out) == (2, "")
    assert "--yes" in result.err
    assert process("init", "shop", *INIT, "-y", cwd=work).code == 0


def test_an_interrupted_init_is_tidied_up_by_the_next(
    cli: Cli, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kgscaffold.apply import disk, forward

    real = disk.move

    def stop(source: Path, target: Path) -> None:
        if target.name == "main.py":
            raise MemoryError
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(disk, "move", stop)
        patch.setattr(forward, "take_back_interrupted", lambda root: None)
        assert cli("init", "shop", *INIT, "--no-input").code == 1
    assert (work / "shop/app/__init__.py").exists()
    refused = cli("init", "shop", *INIT, "--dry-run")
    assert refused.code == 5
    assert "kgscaffold undo" in refused.err
    again = cli("init", "shop", *INIT, "--no-input")
    assert again.code == 0
    assert "took back" in again.err
    assert cli("status", "shop", "--json").document["interrupted"] is False


def test_install_makes_an_environment_and_runs_the_projects_own_command(
    cli: Cli, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple[list[str], str]] = []

    def run(command: list[str], *, cwd: Path, env: dict[str, str], **_: object) -> object:
        ran.append((list(command[1:]), env["PATH"].split(":")[0]))
        return type("Done", (), {"returncode": len(ran) // 2})

    monkeypatch.setattr("subprocess.run", run)
    result = cli("init", "shop", *INIT, "--no-input", "--install", "--json")
    assert ran[0][0] == ["-m", "venv", ".venv"]
    assert ran[1] == (["-m", "pip", "install", "-e", ".[dev]"], str(work / "shop/.venv/bin"))
    assert result.code == 3
    assert json.loads(result.out)["error"]["message"].startswith("the project is written")
    assert (work / "shop/app/main.py").is_file()
