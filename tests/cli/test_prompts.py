"""The questions, on a real pseudo-terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest

from kgscaffold.state.lock import read_lock
from tests.cli.running import COMMAND
from tests.unit.trees import read_tree

DOWN, ENTER, CTRL_C = "\x1b[B", "\r", "\x03"
PATIENCE = 30


@contextmanager
def terminal(work: Path, *arguments: str, **variables: str) -> Iterator[pexpect.spawn[str]]:
    """Start a command line on a terminal of its own; it must end by itself."""
    child = pexpect.spawn(
        sys.executable,
        [*COMMAND[1:], *arguments],
        cwd=str(work),
        env=os.environ | {"TERM": "xterm"} | variables,
        encoding="utf-8",
        timeout=PATIENCE,
        dimensions=(50, 120),
    )
    try:
        yield child
        child.expect(pexpect.EOF)
    finally:
        child.close(force=True)


def choose(child: pexpect.spawn[str], question: str, *keys: str) -> None:
    """Wait for a question and answer it; keys sent before it is drawn would be lost."""
    child.expect_exact(question)
    child.expect_exact("\x1b[?12l\x1b[?25h")
    for key in keys:
        child.send(key)


def test_the_questions_lead_to_a_project(work: Path) -> None:
    with terminal(work, "init", "shop") as child:
        choose(child, "Which web framework?", ENTER)
        choose(child, "Which database?", DOWN, ENTER)
        choose(child, "call back?", DOWN, ENTER)
        choose(child, "files into shop?", "y")
        child.expect_exact("files written")
    assert child.exitstatus == 0
    answers = read_lock((work / "shop/.kgscaffold/lock.json").read_bytes()).answers
    assert answers.framework == "fastapi"
    assert answers.database == "sqlite"
    assert answers.route == "/webhook/kryptogo"


def test_what_flags_answer_is_not_asked(work: Path) -> None:
    flags = ["-f", "fastapi", "-d", "sqlite", "--route", "/pay", "--yes"]
    with terminal(work, "init", "shop", *flags) as child:
        child.expect_exact("files written")
    assert child.exitstatus == 0
    assert "?" not in str(child.before)


def test_a_bad_route_is_refused_where_it_is_typed(work: Path) -> None:
    with terminal(work, "init", "shop", "-f", "fastapi", "-d", "sqlite") as child:
        choose(child, "call back?", DOWN, DOWN, ENTER)
        choose(child, "The path", "no slash", ENTER)
        child.expect_exact("must be an absolute path")
        child.send("\x15/pay")
        child.send(ENTER)
        choose(child, "files into shop?", "y")
        child.expect_exact("files written")
    lock = read_lock((work / "shop/.kgscaffold/lock.json").read_bytes())
    assert lock.answers.route == "/pay"


def test_no_is_an_answer(work: Path) -> None:
    with terminal(work, "init", "shop", "-f", "fastapi", "-d", "sqlite", "--route", "/p") as child:
        choose(child, "files into shop?", "n")
        child.expect_exact("nothing was written")
    assert child.exitstatus == 0
    assert read_tree(work) == {}


@pytest.mark.parametrize(
    ("flags", "question"),
    [
        ([], "Which web framework?"),
        (["-f", "fastapi"], "Which database?"),
        (["-f", "fastapi", "-d", "sqlite"], "call back?"),
        (["-f", "fastapi", "-d", "sqlite", "--route", "/p"], "files into shop?"),
    ],
)
def test_ctrl_c_leaves_nothing(work: Path, flags: list[str], question: str) -> None:
    with terminal(work, "init", "shop", *flags) as child:
        choose(child, question, CTRL_C)
        child.expect_exact("interrupted")
    assert child.exitstatus == 130
    assert read_tree(work) == {}


@pytest.mark.parametrize("keys", [[ENTER], ["n", ENTER]])
def test_taking_back_a_whole_project_is_no_by_default(
    work: Path, shop: Path, keys: list[str]
) -> None:
    before = read_tree(shop)
    with terminal(work, "undo", "shop") as child:
        child.expect_exact("undo takes back init of 20")
        choose(child, "the whole project in shop?", *keys)
        child.expect_exact("nothing was taken back")
    assert child.exitstatus == 0
    assert read_tree(shop) == before


def test_taking_back_a_whole_project_is_meant_with_y_and_enter(work: Path, shop: Path) -> None:
    with terminal(work, "undo", "shop") as child:
        choose(child, "the whole project in shop?", "y", ENTER)
        child.expect_exact("init taken back")
    assert child.exitstatus == 0
    assert not shop.exists()


@pytest.mark.parametrize(
    ("command", "question"),
    [("undo", "the whole project in shop?"), ("eject", "Leave kgscaffold?")],
)
def test_what_is_pasted_below_a_command_is_no_answer(
    work: Path, shop: Path, command: str, question: str
) -> None:
    """The lines after it are on the terminal before its question is."""
    before = read_tree(shop)
    with terminal(work, command, "shop") as child:
        child.send("yes\ry\rkgscaffold status shop\r")
        choose(child, question, ENTER)
        child.expect_exact("nothing was")
    assert child.exitstatus == 0
    assert read_tree(shop) == before


def test_leaving_is_no_by_default(work: Path, shop: Path) -> None:
    before = read_tree(shop)
    with terminal(work, "eject", "shop") as child:
        choose(child, "Leave kgscaffold?", ENTER)
        child.expect_exact("nothing was written")
    assert child.exitstatus == 0
    assert read_tree(shop) == before
    with terminal(work, "eject", "shop") as child:
        choose(child, "Leave kgscaffold?", "y", ENTER)
        child.expect_exact("ejected")
    assert child.exitstatus == 0


@pytest.mark.parametrize("flag", ["--no-input", "--json"])
def test_nothing_is_asked_when_that_is_not_wanted(work: Path, flag: str) -> None:
    with terminal(work, "init", "shop", flag) as child:
        child.expect_exact("--framework")
    assert child.exitstatus == 2


def test_no_color_is_honoured(work: Path) -> None:
    with terminal(work, "init", "shop", "-f", "rails", NO_COLOR="1") as child:
        child.expect_exact("error: --framework")
    assert "\x1b[31m" not in str(child.before)
    with terminal(work, "init", "shop", "-f", "rails", NO_COLOR="") as child:
        child.expect_exact("\x1b[31merror: --framework")
