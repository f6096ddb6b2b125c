"""Options and arguments that several commands have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click

from kgscaffold.errors import UsageError
from kgscaffold.output import Output

Function = TypeVar("Function", bound=Callable[..., Any])
_EVERY_COMMAND = {
    1: "unexpected error, a bug: says where its log is",
    2: "usage: an option or argument is wrong or missing",
    130: "interrupted; nothing is left half done",
    141: "whoever read the output, as in `| head`, has gone",
}


def named_directory(_: click.Context, __: click.Parameter, value: str) -> str:
    """Give DIR. Raises UsageError for an empty one, as an unset shell variable leaves it."""
    if not value:
        raise UsageError("DIR is empty", hint="Name a folder, or . for the current one.")
    return value


directory_argument = click.argument(
    "directory", metavar="[DIR]", default=".", callback=named_directory
)


def help_end(examples: Sequence[str], codes: Mapping[int, str]) -> str:
    """Give the end of a command's help, its epilog: examples, and what its exit codes mean.

    `codes` are those that need words of their own; the ones of every command are added.
    """
    meanings = sorted({**_EVERY_COMMAND, **codes}.items())
    return "\n".join(
        (
            *("\b", "Examples:", *(f"  {example}" for example in examples), ""),
            *("\b", "Exit codes:", *(f"  {code:<4} {meaning}" for code, meaning in meanings)),
        )
    )


def output_options(function: Function) -> Function:
    """Add `--json`, `-q`, `-v` and `--no-color`; `make_output` takes their values."""
    for option in (
        click.option("--no-color", is_flag=True, help="No colours, also by NO_COLOR or TERM=dumb."),
        click.option("-v", "--verbose", is_flag=True, help="Say more about what happens."),
        click.option("-q", "--quiet", is_flag=True, help="Print errors only."),
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
