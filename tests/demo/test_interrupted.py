"""Ctrl-C on a real terminal, at several moments."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pexpect
import pytest

from tests.demo.running import PROGRAM, left_behind, marked, run_demo

if TYPE_CHECKING:
    from pathlib import Path

INTERRUPTED = 130
MOMENTS = (
    "write a shop",
    "install it",
    "migrate its",
    "start a local",
    "pending: ",
    "insufficient_refunded: ",
    "forged: ",
)


def _start(folder: Path, *flags: str) -> pexpect.spawn[str]:
    return pexpect.spawn(
        PROGRAM,
        ["demo", "shop", *flags],
        cwd=str(folder),
        env={**marked(folder), "TERM": "xterm", "COLUMNS": "100", "LINES": "60"},
        encoding="utf-8",
        codec_errors="replace",  # the terminal's ^C can land inside a character of a table
        timeout=90,
    )


def _exit_code(terminal: pexpect.spawn[str]) -> int | None:
    terminal.expect(pexpect.EOF, timeout=30)
    terminal.close()
    code: int | None = terminal.exitstatus
    return code


@pytest.mark.parametrize("moment", MOMENTS)
def test_ctrl_c_leaves_no_process(tmp_path: Path, moment: str) -> None:
    terminal = _start(tmp_path)
    terminal.expect_exact(moment)
    terminal.sendintr()
    assert _exit_code(terminal) == INTERRUPTED
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("moment", ["start a local", "success: "])
def test_ctrl_c_leaves_neither_server_nor_worker(tmp_path: Path, moment: str) -> None:
    terminal = _start(tmp_path, "--framework", "flask")
    terminal.expect_exact(moment)
    terminal.sendintr()
    assert _exit_code(terminal) == INTERRUPTED
    assert left_behind(tmp_path) == []


def test_an_impatient_second_ctrl_c_leaves_no_process_either(tmp_path: Path) -> None:
    terminal = _start(tmp_path)
    terminal.expect_exact("success: ")
    for _ in range(5):
        terminal.sendintr()
    assert _exit_code(terminal) == INTERRUPTED
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_that_end_it_leave_no_process(tmp_path: Path, number: signal.Signals) -> None:
    terminal = _start(tmp_path)
    terminal.expect_exact("expired: ")
    terminal.kill(number)
    assert _exit_code(terminal) == INTERRUPTED
    assert left_behind(tmp_path) == []


def test_the_same_command_goes_on_after_an_interrupted_installation(tmp_path: Path) -> None:
    terminal = _start(tmp_path)
    terminal.expect_exact("install it")
    terminal.sendintr()
    assert _exit_code(terminal) == INTERRUPTED
    ran = run_demo(tmp_path, "shop")
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_process_that_is_left_would_be_found(tmp_path: Path) -> None:
    terminal = _start(tmp_path)
    terminal.expect_exact("success: ")
    assert len(left_behind(tmp_path)) >= 3
    terminal.sendintr()
    assert _exit_code(terminal) == INTERRUPTED
