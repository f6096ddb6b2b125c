"""The one object that prints."""

from __future__ import annotations

import io
import json

import pytest

from kgscaffold.errors import PreconditionError
from kgscaffold.output import Output


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def terminal_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_colours_only_on_the_stream_that_is_a_terminal() -> None:
    stdout, stderr = io.StringIO(), Terminal()
    output = Output(stdout=stdout, stderr=stderr)
    output.data("data", "red")
    output.message("message", "red")
    assert stdout.getvalue() == "data\n"
    assert stderr.getvalue() == "\x1b[31mmessage\x1b[0m\n"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_the_environment_switches_colours_off(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    stdout = Terminal()
    Output(stdout=stdout).data("data", "red")
    assert stdout.getvalue() == "data\n"


def test_the_flag_switches_colours_off() -> None:
    stdout = Terminal()
    Output(stdout=stdout, color=False).data("data", "red")
    assert stdout.getvalue() == "data\n"


def test_json_mode_prints_one_object_and_nothing_else() -> None:
    stdout, stderr = io.StringIO(), io.StringIO()
    output = Output(json_mode=True, stdout=stdout, stderr=stderr)
    output.data("data")
    output.message("message")
    output.document({"b": "\u5546", "a": 1})
    assert json.loads(stdout.getvalue()) == {"a": 1, "b": "\u5546", "schema": 1}
    assert stderr.getvalue() == "message\n"


def test_an_error_has_its_paths_and_the_way_out() -> None:
    stdout, stderr = io.StringIO(), io.StringIO()
    Output(json_mode=True, quiet=True, stdout=stdout, stderr=stderr).error(
        PreconditionError("no", hint="do this", paths=["a/b"])
    )
    assert stderr.getvalue() == "error: no\n  a/b\ndo this\n"
    assert json.loads(stdout.getvalue())["error"] == {
        "exit_code": 5,
        "hint": "do this",
        "message": "no",
        "paths": ["a/b"],
    }


def test_names_cannot_send_escapes_to_the_terminal() -> None:
    stdout = Terminal()
    Output(stdout=stdout).data("a\x1b]0;title\x07b\x1b[2Jc\rd", "red")
    assert stdout.getvalue() == "\x1b[31ma\\x1b]0;title\\x07b\\x1b[2Jc\\rd\x1b[0m\n"


def test_what_the_stream_cannot_encode_is_escaped() -> None:
    buffer = io.BytesIO()
    stdout = io.TextIOWrapper(buffer, encoding="ascii")
    Output(stdout=stdout).data("\u5546 \udcff")
    assert buffer.getvalue() == b"\\u5546 \\udcff\n"


def test_quiet_and_verbose() -> None:
    stderr = io.StringIO()
    stdout = io.StringIO()
    silent = Output(quiet=True, verbose=True, stdout=stdout, stderr=stderr)
    silent.message("message")
    silent.data("data")
    silent.detail("detail")
    assert stdout.getvalue() == ""
    Output(stderr=stderr).detail("detail")
    assert stderr.getvalue() == ""
    Output(verbose=True, stderr=stderr).detail("detail")
    assert stderr.getvalue() == "detail\n"
