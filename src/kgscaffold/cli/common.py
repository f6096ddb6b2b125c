"""Options and arguments that several commands have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from kgscaffold.errors import UsageError

if TYPE_CHECKING:
    from kgscaffold.output import Output

_EVERY_COMMAND = {
    1: "unexpected error, a bug: says where its log is",
    2: "usage: an option or argument is wrong or missing",
    130: "interrupted; nothing is left half done",
    141: "whoever read the output, as in `| head`, has gone",
}


def named_directory(value: str) -> str:
    """Give DIR. Raises UsageError for an empty one, as an unset shell variable leaves it."""
    if not value:
        raise UsageError("DIR is empty", hint="Name a folder, or . for the current one.")
    return value


Directory = Annotated[
    str,
    Argument(metavar="DIR", callback=named_directory, help="The project's folder."),
]
Json = Annotated[bool, Option("--json", help="Print one JSON object instead.")]
Quiet = Annotated[bool, Option("--quiet", "-q", help="Print errors only.")]
Verbose = Annotated[bool, Option("--verbose", "-v", help="Say more about what happens.")]
NoColor = Annotated[bool, Option("--no-color", help="No colours, also by NO_COLOR or TERM=dumb.")]
DryRun = Annotated[bool, Option("--dry-run", "-n", help="Show the plan, write nothing.")]
Diff = Annotated[bool, Option("--diff", help="Show the contents too; it shows, does not decide.")]
Yes = Annotated[bool, Option("--yes", "-y", help="Do not ask for confirmation.")]
NoInput = Annotated[
    bool, Option("--no-input", help="Ask nothing at all; what is missing is named (exit 2).")
]


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


def refuse_silence(output: Output) -> None:
    """Raise UsageError, naming the flags, where a plan could not be confirmed."""
    from kgscaffold.cli.prompts import is_interactive

    if output.json_mode or not is_interactive():
        raise UsageError(
            "nothing can be asked here, so the plan cannot be confirmed",
            hint="Confirm it by --yes, or look at it by --dry-run.",
        )
