"""What becomes of a command whose output nobody can take, or whose disk is full."""

from __future__ import annotations

import os
import resource
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import COMMAND, INIT, Cli
from tests.unit.trees import read_tree

CLOSED_PIPE = 141


def run_into(reader: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command line in a shell pipeline; its exit code is the command's, not the reader's."""
    program = '"$@" | ' + reader + "; exit ${PIPESTATUS[0]}"
    return subprocess.run(
        ["bash", "-c", program, "bash", *COMMAND, *arguments],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["matrix"],
        ["matrix", "--json"],
        ["--help"],
        ["simulate", "--port", "0"],
        ["init", "shop", *INIT, "--dry-run"],
        ["init", "shop", *INIT, "--yes"],
    ],
)
def test_a_reader_that_has_gone_ends_the_command_quietly(
    tmp_path: Path, work: Path, arguments: list[str]
) -> None:
    done = run_into("{ exec 0<&-; sleep 4; }", *arguments, cwd=work)
    assert done.returncode == CLOSED_PIPE
    assert "Error" not in done.stderr
    assert "bug" not in done.stderr
    assert read_tree(work) == {}
    assert not (tmp_path / "state").exists()


def test_what_the_reader_took_is_all_it_gets(work: Path) -> None:
    done = run_into("head -1", "matrix", cwd=work)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


@pytest.mark.parametrize("closed", ["0<&-", "1>&-", "1>&- 2>&-"])
def test_a_stream_that_was_closed_from_the_beginning_is_no_bug(work: Path, closed: str) -> None:
    program = f'"$@" {closed}'
    for arguments in (["matrix"], ["init", "shop", *INIT, "--dry-run", "--json"]):
        done = subprocess.run(
            ["bash", "-c", program, "bash", *COMMAND, *arguments],
            cwd=work,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "arguments", [["matrix"], ["matrix", "--json"], ["--help"], ["simulate", "--port", "0"]]
)
def test_a_full_disk_under_the_output_is_an_error_of_its_own(
    tmp_path: Path, work: Path, arguments: list[str]
) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=work,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 5
    assert "cannot write: No space left on device" in done.stderr
    assert "Make room" in done.stderr
    assert "bug" not in done.stderr
    assert not (tmp_path / "state").exists()


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, work: Path) -> None:
    """No template is as large as the limit, but the journal of the project is."""
    done = subprocess.run(
        [*COMMAND, "init", "shop", *INIT, "--yes"],
        cwd=work,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (15_000, 15_000)),
        text=True,
        check=False,
    )
    assert done.returncode == 5
    assert "cannot write: File too large" in done.stderr
    assert "Make room" in done.stderr
    assert read_tree(work) == {}
    assert not (tmp_path / "state").exists()


def test_quiet_prints_errors_only(cli: Cli, work: Path) -> None:
    for arguments in (["init", "shop", *INIT, "--yes"], ["status", "shop"], ["matrix"]):
        result = cli(*arguments, "-q")
        assert (result.code, result.out, result.err) == (0, "", "")
    assert cli("init", "shop", *INIT, "-q", "--yes").err.startswith("error: ")
    assert cli("matrix", "-q", "--json").document["combinations"]


def test_every_json_object_has_a_schema_number(cli: Cli) -> None:
    assert cli("matrix", "--json").document["schema"] == 1
    assert cli("init", "--json", "--no-input").document["schema"] == 1


def test_a_bug_of_a_full_disk_leaves_no_empty_log(tmp_path: Path, work: Path) -> None:
    program = (
        "import kgscaffold.stacks as stacks\n"
        "stacks.combinations = lambda: 1 / 0\n"
        "from kgscaffold.cli.main import main; main()"
    )
    done = subprocess.run(
        [COMMAND[0], "-c", program, "matrix"],
        cwd=work,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stderr=subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10)),
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    assert list(tmp_path.rglob("error-*.log")) == []
