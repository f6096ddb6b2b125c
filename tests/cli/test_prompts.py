"""The questions, on a real pseudo-terminal."""

from __future__ import annotations

import os
import re
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
def terminal(
    work: Path, *arguments: str, size: tuple[int, int] = (50, 120), **variables: str
) -> Iterator[pexpect.spawn[str]]:
    """Start a command line on a terminal of its own; it must end by itself."""
    child = pexpect.spawn(
        sys.executable,
        [*COMMAND[1:], *arguments],
        cwd=str(work),
        env=os.environ | {"TERM": "xterm"} | variables,
        encoding="utf-8",
        timeout=PATIENCE,
        dimensions=size,
    )
    try:
        yield child
        child.expect(pexpect.EOF)
    finally:
        child.close(force=True)


def plain(text: str) -> str:
    """Give what a terminal printed without its escape sequences."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def choose(child: pexpect.spawn[str], question: str, *keys: str) -> None:
    """Wait for a question and answer it; keys sent before it is drawn would be lost."""
    child.expect_exact(question)
    child.expect_exact("\x1b[?12l\x1b[?25h")
    for key in keys:
        child.send(key)


def test_the_questions_lead_to_a_project(work: Path) -> None:
    with terminal(work, "init", "shop") as child:
        choose(child, "Which web framework?", DOWN, DOWN, ENTER)
        choose(child, "Which database?", DOWN, DOWN, ENTER)
        choose(child, "call back?", DOWN, ENTER)
        choose(child, "files into shop?", "y")
        child.expect_exact("files written")
    assert child.exitstatus == 0
    answers = read_lock((work / "shop/.kgscaffold/lock.json").read_bytes()).answers
    assert answers.framework == "flask"
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
        choose(child, "The path", "\x15/pay", ENTER)
        choose(child, "files into shop?", "y")
        child.expect_exact("files written")
    lock = read_lock((work / "shop/.kgscaffold/lock.json").read_bytes())
    assert lock.answers.route == "/pay"


def test_what_is_wrong_with_a_route_is_readable_in_a_narrow_window(work: Path) -> None:
    flags = ["-f", "fastapi", "-d", "sqlite"]
    with terminal(work, "init", "shop", *flags, size=(24, 60)) as child:
        choose(child, "call back?", DOWN, DOWN, ENTER)
        choose(child, "The path", "no slash", ENTER)
        child.expect_exact("at most 200 characters")
        shown = plain(str(child.before)).partition("must be an absolute path")[2]
        assert max(map(len, shown.splitlines())) <= 60
        assert "no query, fragment, braces, spaces" in " ".join(shown.split())
        choose(child, "The path", "\x15/pay", ENTER)
        choose(child, "files into shop?", "y")
        child.expect_exact("files written")


def test_yes_asks_only_for_what_cannot_be_assumed(work: Path) -> None:
    with terminal(work, "init", "shop", "--yes") as child:
        choose(child, "Which web framework?", DOWN, ENTER)
        choose(child, "Which database?", DOWN, ENTER)
        child.expect_exact("files written")
        assert "call back" not in str(child.before)
    assert child.exitstatus == 0
    lock = read_lock((work / "shop/.kgscaffold/lock.json").read_bytes())
    assert lock.answers.route == "/api/payment/callback"


def test_the_language_is_asked_where_there_is_a_choice(work: Path) -> None:
    with terminal(work, "init", "shop", "-f", "express", "-d", "sqlite") as child:
        choose(child, "Which language?", DOWN, ENTER)
        choose(child, "call back?", ENTER)
        choose(child, "files into shop?", "y")
        child.expect_exact("files written")
    answers = read_lock((work / "shop/.kgscaffold/lock.json").read_bytes()).answers
    assert (answers.language, answers.module_system) == ("javascript", "commonjs")


def test_every_question_and_the_plan_fit_on_one_screen(work: Path) -> None:
    with terminal(work, "init", "shop", size=(24, 80)) as child:
        choose(child, "Which web framework?", ENTER)
        choose(child, "Which database?", DOWN, ENTER)
        choose(child, "Which language?", ENTER)
        choose(child, "call back?", ENTER)
        child.expect_exact("call back?")  # as it stays on the screen, with its answer
        child.expect_exact("files into shop?")
        assert plain(str(child.before)).count("\n") <= 20  # below four answers, on 24 lines
        child.send("n")


def test_a_folder_with_other_files_is_said_and_asked_with_no_as_the_default(work: Path) -> None:
    (work / "src").mkdir()
    (work / "src/index.php").write_text("mine")
    before = read_tree(work)
    flags = ["-f", "fastapi", "-d", "sqlite", "--route", "/p"]
    with terminal(work, "init", ".", *flags) as child:
        child.expect_exact("holds other files: src")
        choose(child, "beside them?", ENTER)
        child.expect_exact("nothing was written")
    assert child.exitstatus == 0
    assert read_tree(work) == before
    with terminal(work, "init", ".", *flags) as child:
        choose(child, "beside them?", "y", ENTER)
        child.expect_exact("files written")
    assert before.items() <= read_tree(work).items()


def test_yes_is_no_answer_to_whether_a_folder_with_other_files_is_meant(work: Path) -> None:
    (work / "index.php").write_text("mine")
    with terminal(work, "init", ".", "-f", "fastapi", "-d", "sqlite", "--yes") as child:
        child.expect_exact("index.php")
    assert child.exitstatus == 5


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
        child.expect_exact("interrupted; nothing was written")
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


@pytest.mark.parametrize(("flags", "no_color"), [(["--no-color"], ""), ([], "1")])
def test_questions_have_no_colours_either(work: Path, flags: list[str], no_color: str) -> None:
    arguments = ["-f", "fastapi", "-d", "sqlite", *flags]
    with terminal(work, "init", "shop", *arguments, NO_COLOR=no_color) as child:
        choose(child, "call back?", CTRL_C)
        shown = str(child.before)
        child.expect_exact("interrupted")
        shown += str(child.before)
    assert not re.findall(r"\x1b\[[0-9;]*(?:3[0-7]|38;)[0-9;]*m", shown)


def test_no_color_is_honoured(work: Path) -> None:
    with terminal(work, "init", "shop", "-f", "rails", NO_COLOR="1") as child:
        child.expect_exact("error: --framework")
    assert "\x1b[31m" not in str(child.before)
    with terminal(work, "init", "shop", "-f", "rails", NO_COLOR="") as child:
        child.expect_exact("\x1b[31merror: --framework")
