"""The entry point: register the commands, and turn every way to fail into an exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import Annotated, TextIO

from typer import Abort, Exit, Option, Typer, echo
from typer.core import TyperGroup
from typer.exceptions import TyperException
from typer.main import get_group

from kgscaffold import __version__
from kgscaffold.cli.command import PLAIN
from kgscaffold.cli.common import help_end
from kgscaffold.cli.group import COMMANDS, Commands
from kgscaffold.errors import (
    ExitCode,
    InterruptedCommandError,
    KgscaffoldError,
    UsageError,
    no_room,
)
from kgscaffold.output import Output

# Allocations between two searches for garbage. Python's 700 is met all the time while modules are
# imported, where there is none: a tenth of a short command.
_UNHURRIED = 50_000

_NAME = "kgscaffold"
_COMPLETE = "_KGSCAFFOLD_COMPLETE"


def _told_version(asked: bool) -> None:
    if asked:
        echo(f"{_NAME} {__version__}")
        raise Exit


application = Typer(
    cls=Commands,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=help_end(
        [
            "kgscaffold demo         # the first minute",
            "kgscaffold init shop    # a shop of your own",
            'eval "$(_KGSCAFFOLD_COMPLETE=source_bash kgscaffold)"  # Tab completes',
        ],
        {
            0: "done, or nothing to do",
            3: "done, but a person is needed",
            4: "update --check: behind",
            5: "precondition: the folder, the project or the machine is not fit for it",
        },
    ),
    **PLAIN,
)


@application.callback()
def every_command(
    *,
    version: Annotated[
        bool,
        Option("--version", is_eager=True, callback=_told_version, help="Show the version."),
    ] = False,
) -> None:
    """Scaffold KryptoGO payment callbacks into a web project, and keep them upgradable."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line and give its exit code; every failure is printed, none is raised."""
    output = Output(
        json_mode="--json" in arguments,
        quiet=not {"-q", "--quiet"}.isdisjoint(arguments),
        color="--no-color" not in arguments,
    )
    try:
        return _run(arguments, output)
    except BrokenPipeError:
        return ExitCode.CLOSED_PIPE
    except OSError:  # the disk under the streams is full: there is nowhere to say so
        return ExitCode.PRECONDITION


def main() -> None:
    """Run the process's own command line; never returns."""
    gc.set_threshold(_UNHURRIED)
    code = run(sys.argv[1:])
    for stream in filter(None, (sys.stdout, sys.stderr)):
        _let_go(stream)
    sys.exit(code)


def _run(arguments: Sequence[str], output: Output) -> int:
    try:
        return _invoke(arguments)
    except InterruptedCommandError as error:
        return _interrupted(output, error.message)
    except (Abort, KeyboardInterrupt, EOFError):
        output.message("")  # the terminal has echoed ^C
        return _interrupted(output, "nothing is left half done")
    except BrokenPipeError:
        raise
    except Exception as error:
        if isinstance(error, TyperException) and not arguments:
            output.message(error.format_message())  # it is the help
            return ExitCode.USAGE
        told = _explained(error, arguments)
        output.error(told)
        return told.exit_code


def _invoke(arguments: Sequence[str]) -> int:
    """Do what typer's `main` does, which would take a closed pipe for exit code 1."""
    commands = get_group(application)
    if instruction := os.environ.get(_COMPLETE):
        return _complete(commands, instruction)
    try:
        with commands.make_context(_NAME, list(arguments)) as context:
            code = commands.invoke(context)
    except Exit as left:
        return left.exit_code
    return code if isinstance(code, int) else ExitCode.DONE


def _complete(commands: TyperGroup, instruction: str) -> int:
    """Answer a shell; until 0.3.0 it asked for `bash_source`, as stands in many a ~/.bashrc."""
    from typer.completion import get_completion_inspect_parameters, shell_complete

    get_completion_inspect_parameters()  # which makes the shells known
    shell, _, what = instruction.partition("_")
    if what == "source":
        instruction = f"source_{shell}"
    return shell_complete(commands, {}, _NAME, _COMPLETE, instruction)


def _explained(error: Exception, arguments: Sequence[str]) -> KgscaffoldError:
    if isinstance(error, KgscaffoldError):
        return error
    if isinstance(error, TyperException):
        return UsageError(error.format_message(), hint=_help_hint(arguments))
    if isinstance(error, OSError) and (full := no_room(error)):
        return full
    from kgscaffold.cli.bug import report

    return report(error, arguments)


def _interrupted(output: Output, told: str) -> int:
    output.message(f"interrupted; {told}", "yellow")
    return ExitCode.INTERRUPTED


def _help_hint(arguments: Sequence[str]) -> str:
    command = " ".join(name for name in arguments[:1] if name in COMMANDS)
    return f"`{f'{_NAME} {command}'.rstrip()} --help` lists what it takes."


def _let_go(stream: TextIO) -> None:
    """Write what is left in the stream, or drop it: Python would fail on it once more at exit."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
