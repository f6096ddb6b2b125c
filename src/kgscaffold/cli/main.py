"""The entry point: register the commands, and turn every way to fail into an exit code."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

import click

from kgscaffold import __version__
from kgscaffold.cli.demo import demo
from kgscaffold.cli.eject import eject
from kgscaffold.cli.init import init
from kgscaffold.cli.matrix import matrix
from kgscaffold.cli.status import status
from kgscaffold.cli.undo import undo
from kgscaffold.cli.update import update
from kgscaffold.errors import ExitCode, KgscaffoldError, UsageError
from kgscaffold.output import Output

# Allocations between two searches for garbage. Python's 700 is met all the time while modules are
# imported, where there is none: a tenth of a short command.
_UNHURRIED = 50_000


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Scaffold KryptoGO payment callbacks into a web project, and keep them upgradable."""


for command in (init, update, status, undo, eject, demo, matrix):
    cli.add_command(command)
cli.add_command(update, "regenerate")


def run(arguments: Sequence[str]) -> int:
    """Run one command line and give its exit code; every failure is printed, none is raised."""
    output = Output(json_mode="--json" in arguments, color="--no-color" not in arguments)
    try:
        code = cli.main(list(arguments), prog_name="kgscaffold", standalone_mode=False)
    except KgscaffoldError as error:
        output.error(error)
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        output.message(error.format_message())
        return ExitCode.USAGE
    except click.ClickException as error:
        output.error(UsageError(error.format_message(), hint=_help_hint(error)))
        return ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt, EOFError):
        output.message("interrupted", "yellow")
        return ExitCode.INTERRUPTED
    except Exception as error:  # a bug: whatever it is, the user gets a log to report
        from kgscaffold.cli.bug import report

        output.error(report(error, arguments))
        return ExitCode.BUG
    return code if isinstance(code, int) else ExitCode.DONE


def main() -> None:
    """Run the process's own command line; never returns."""
    gc.set_threshold(_UNHURRIED)
    sys.exit(run(sys.argv[1:]))


def _help_hint(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context else "kgscaffold"
    return f"`{path} --help` lists what it takes."
