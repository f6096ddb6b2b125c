"""Options and arguments that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from kgscaffold.errors import UsageError
from kgscaffold.output import Output

Function = TypeVar("Function", bound=Callable[..., Any])


def named_directory(_: click.Context, __: click.Parameter, value: str) -> str:
    """Give DIR. Raises UsageError for an empty one, as an unset shell variable leaves it."""
    if not value:
        raise UsageError("DIR is empty", hint="Name a folder, or . for the current one.")
    return value


directory_argument = click.argument(
    "directory", metavar="[DIR]", default=".", callback=named_directory
)


def output_options(function: Function) -> Function:
    """Add `--json`, `-q`, `-v` and `--no-color`; `make_output` takes their values."""
    for option in (
        click.option("--no-color", is_flag=True, help="No colours, also by NO_COLOR or TERM=dumb."),
        click.option("-v", "--verbose", is_flag=True, help="Say more about what happens."),
        click.option("-q", "--quiet", is_flag=True, help="Only data and errors, no messages."),
        click.option("--json", "json_mode", is_flag=True, help="Print one JSON object instead."),
    ):
        function = option(function)
    return function


def make_output(flags: dict[str, Any]) -> Output:
    """Give the object that prints for one command, from the options' values."""
    return Output(
        json_mode=flags["json_mode"],
        quiet=flags["quiet"],
        verbose=flags["verbose"],
        color=not flags["no_color"],
    )


def refuse_silence(output: Output) -> None:
    """Raise UsageError, naming the flags, where a plan could not be confirmed."""
    from kgscaffold.cli.prompts import is_interactive

    if output.json_mode or not is_interactive():
        raise UsageError(
            "nothing can be asked here, so the plan cannot be confirmed",
            hint="Confirm it by --yes, or look at it by --dry-run.",
        )
