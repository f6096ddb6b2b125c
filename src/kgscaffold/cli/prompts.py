"""The questions, for a person at a terminal; they appear on standard error."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kgscaffold.answers import OFFERED_ROUTES, Framework
from kgscaffold.errors import InterruptedCommandError
from kgscaffold.stacks import (
    DATABASES,
    FRAMEWORKS,
    languages_of,
    supported_databases,
    supported_frameworks,
)
from kgscaffold.validation import InvalidValueError, valid_route

if TYPE_CHECKING:
    from questionary import Question

    from kgscaffold.output import Output

_ANOTHER = "another one"


def is_interactive() -> bool:
    """Tell whether questions can be asked: standard input is a terminal."""
    return sys.stdin is not None and sys.stdin.isatty()


def ask_framework(output: Output) -> str:
    """Ask for the framework; those to come are shown, but cannot be chosen."""
    supported = supported_frameworks()
    return _select(
        "Which web framework?",
        {str(record.name): (record.title, record.name in supported) for record in FRAMEWORKS},
        output,
    )


def ask_database(framework: Framework, output: Output) -> str:
    """Ask for the database; those to come for this framework cannot be chosen."""
    supported = supported_databases(framework)
    return _select(
        "Which database?",
        {str(record.name): (record.title, record.name in supported) for record in DATABASES},
        output,
    )


def ask_language(framework: Framework, output: Output) -> str:
    """Ask for the language, of a framework that has several; the usual one is first."""
    choices = {str(one.name): (one.title, True) for one in languages_of(framework)}
    return _select("Which language?", choices, output)


def ask_route(output: Output) -> str:
    """Ask for the path that KryptoGO calls back."""
    choices = {route: (route, True) for route in OFFERED_ROUTES} | {_ANOTHER: (_ANOTHER, True)}
    chosen = _select("Which path shall KryptoGO call back?", choices, output)
    return _text("The path", valid_route, output) if chosen == _ANOTHER else chosen


def confirm(question: str, output: Output, *, default: bool = True) -> bool:
    """Ask a yes-or-no question; `default` is what Enter alone says.

    Where that is No, a Yes is meant: what was typed or pasted before is dropped, and y needs Enter.
    """
    import questionary

    if not default:
        _drop_what_was_typed()
    asked = questionary.confirm(question, default, auto_enter=default, **_terminal(output))
    return bool(_answer(asked))


def _drop_what_was_typed() -> None:
    try:
        import termios
    except ImportError:  # Windows: a console, whose input does not wait for its reader
        return
    termios.tcflush(sys.stdin, termios.TCIFLUSH)


def _select(question: str, choices: dict[str, tuple[str, bool]], output: Output) -> str:
    import questionary

    options = [
        questionary.Choice(title, value, disabled=None if possible else "not yet")
        for value, (title, possible) in sorted(choices.items(), key=lambda item: not item[1][1])
    ]
    return str(_answer(questionary.select(question, options, **_terminal(output))))


def _text(question: str, rule: Callable[[str], str], output: Output) -> str:
    """Ask until the rule is kept. The library would cut what is wrong at the window's edge."""
    import questionary

    typed, terminal = "", _terminal(output)
    width = terminal["output"].get_size().columns - 1
    while True:
        typed = str(_answer(questionary.text(question, default=typed, **terminal)))
        try:
            return rule(typed)
        except InvalidValueError as error:
            sys.stderr.write(textwrap.fill(f"{question} {error}.", width) + "\n")


def _answer(question: Question) -> Any:
    """Ask, and take Ctrl-C or Ctrl-D for what it is: every question comes before any writing."""
    try:
        return question.unsafe_ask()
    except (KeyboardInterrupt, EOFError):
        raise InterruptedCommandError("nothing was written") from None


def _terminal(output: Output) -> dict[str, Any]:
    from prompt_toolkit.output import ColorDepth, create_output

    return {
        "output": create_output(sys.stderr),
        "color_depth": None if output.color else ColorDepth.DEPTH_1_BIT,
    }
