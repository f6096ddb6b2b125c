"""The entry point: register the commands, and turn every way to fail into an exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import TextIO

import click

from kgscaffold import __version__
from kgscaffold.cli.common import help_end
from kgscaffold.cli.demo import demo
from kgscaffold.cli.eject import eject
from kgscaffold.cli.init import init
from kgscaffold.cli.matrix import matrix
from kgscaffold.cli.simulate import simulate
from kgscaffold.cli.status import status
from kgscaffold.cli.undo import undo
from kgscaffold.cli.update import update
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


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=help_end(
        [
            "kgscaffold demo         # the first minute",
            "kgscaffold init shop    # a shop of your own",
            'eval "$(_KGSCAFFOLD_COMPLETE=bash_source kgscaffold)"  # Tab completes',
        ],
        {
            0: "done, or nothing to do",
            3: "done, but a person is needed",
            4: "update --check: behind",
            5: "precondition: the folder, the project or the machine is not fit for it",
        },
    ),
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Scaffold KryptoGO payment callbacks into a web project, and keep them upgradable."""


for command in (init, update, status, undo, eject, demo, simulate, matrix):
    cli.add_command(command)
cli.add_command(update, "regenerate")


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
    except click.exceptions.NoArgsIsHelpError as error:
        output.message(error.format_message())
        return ExitCode.USAGE
    except InterruptedCommandError as error:
        return _interrupted(output, error.message)
    except (click.Abort, KeyboardInterrupt, EOFError):
        output.message("")  # the terminal has echoed ^C
        return _interrupted(output, "nothing is left half done")
    except BrokenPipeError:
        raise
    except Exception as error:
        told = _explained(error, arguments)
        output.error(told)
        return told.exit_code


def _invoke(arguments: Sequence[str]) -> int:
    """Do what `cli.main` does, which would take a closed pipe for exit code 1."""
    completion = f"_{_NAME.upper()}_COMPLETE"
    if instruction := os.environ.get(completion):
        from click.shell_completion import shell_complete

        return shell_complete(cli, {}, _NAME, completion, instruction)
    try:
        with cli.make_context(_NAME, list(arguments)) as context:
            code = cli.invoke(context)
    except click.exceptions.Exit as left:
        return left.exit_code
    return code if isinstance(code, int) else ExitCode.DONE


def _explained(error: Exception, arguments: Sequence[str]) -> KgscaffoldError:
    if isinstance(error, KgscaffoldError):
        return error
    if isinstance(error, click.ClickException):
        return UsageError(error.format_message(), hint=_help_hint(arguments))
    if isinstance(error, OSError) and (full := no_room(error)):
        return full
    from kgscaffold.cli.bug import report

    return report(error, arguments)


def _interrupted(output: Output, told: str) -> int:
    output.message(f"interrupted; {told}", "yellow")
    return ExitCode.INTERRUPTED


def _help_hint(arguments: Sequence[str]) -> str:
    command = " ".join(name for name in arguments[:1] if name in cli.commands)
    return f"`{f'{_NAME} {command}'.rstrip()} --help` lists what it takes."


def _let_go(stream: TextIO) -> None:
    """Write what is left in the stream, or drop it: Python would fail on it once more at exit."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
