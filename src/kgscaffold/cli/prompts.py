"""The questions, for a person at a terminal; they appear on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from kgscaffold.answers import OFFERED_ROUTES, Framework
from kgscaffold.stacks import DATABASES, FRAMEWORKS, combinations
from kgscaffold.validation import InvalidValueError, valid_route

_ANOTHER = "another one"


def is_interactive() -> bool:
    """Tell whether questions can be asked: standard input is a terminal."""
    return sys.stdin is not None and sys.stdin.isatty()


def ask_framework() -> str:
    """Ask for the framework; those to come are shown, but cannot be chosen."""
    return _select(
        "Which web framework?",
        {str(record.name): (record.title, bool(record.layers)) for record in FRAMEWORKS},
    )


def ask_database(framework: Framework) -> str:
    """Ask for the database; those to come for this framework cannot be chosen."""
    supported = {
        database.name
        for candidate, database, is_supported in combinations()
        if candidate.name is framework and is_supported
    }
    return _select(
        "Which database?",
        {str(record.name): (record.title, record.name in supported) for record in DATABASES},
    )


def ask_route() -> str:
    """Ask for the path that KryptoGO calls back."""
    choices = {route: (route, True) for route in OFFERED_ROUTES} | {_ANOTHER: (_ANOTHER, True)}
    chosen = _select("Which path shall KryptoGO call back?", choices)
    return _text("The path", valid_route) if chosen == _ANOTHER else chosen


def confirm(question: str, *, default: bool = True) -> bool:
    """Ask a yes-or-no question; `default` is what Enter alone says.

    Where that is No, a Yes is meant: what was typed or pasted before is dropped, and y needs Enter.
    """
    import questionary

    if not default:
        _drop_what_was_typed()
    asked = questionary.confirm(question, default, auto_enter=default, **_terminal())
    return bool(asked.unsafe_ask())


def _drop_what_was_typed() -> None:
    try:
        import termios
    except ImportError:  # Windows: a console, whose input does not wait for its reader
        return
    termios.tcflush(sys.stdin, termios.TCIFLUSH)


def _select(question: str, choices: dict[str, tuple[str, bool]]) -> str:
    import questionary

    options = [
        questionary.Choice(title, value, disabled=None if possible else "not yet")
        for value, (title, possible) in sorted(choices.items(), key=lambda item: not item[1][1])
    ]
    return str(questionary.select(question, options, **_terminal()).unsafe_ask())


def _text(question: str, rule: Callable[[str], str]) -> str:
    import questionary

    def check(text: str) -> bool | str:
        try:
            rule(text)
        except InvalidValueError as error:
            return str(error)
        return True

    return rule(questionary.text(question, validate=check, **_terminal()).unsafe_ask())


def _terminal() -> dict[str, Any]:
    from prompt_toolkit.output import create_output

    return {"output": create_output(sys.stderr)}
