"""`kgscaffold demo`: the first minute."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Option

from kgscaffold.cli.choices import listed_frameworks, matching_frameworks
from kgscaffold.cli.command import command
from kgscaffold.cli.common import Directory, NoColor, Quiet, help_end
from kgscaffold.demo.choice import DEFAULT_FRAMEWORK, databases_without_server

application, demo_command = command(
    epilog=help_end(
        [
            "kgscaffold demo",
            "kgscaffold demo my-shop    # again on the same folder, after an edit",
            "kgscaffold demo flask-shop --framework flask",
        ],
        {
            0: "all five outcomes settled",
            2: "usage: also for a database that needs a server",
            3: "the shop is there, but your edit of it keeps a payment from its end",
            5: "DIR is no place for it, or it could not be installed",
        },
    ),
)


def matching_databases(incomplete: str) -> list[str]:
    """Give the databases that Tab completes: those that need no server."""
    return [name for name in databases_without_server() if name.startswith(incomplete)]


@demo_command
def demo(
    directory: Directory = "kgscaffold-demo",
    *,
    framework: Annotated[
        str | None,
        Option(
            "--framework",
            "-f",
            autocompletion=matching_frameworks,
            help=f"{listed_frameworks()} [{DEFAULT_FRAMEWORK}].",
        ),
    ] = None,
    database: Annotated[
        str | None,
        Option(
            "--database",
            "-d",
            autocompletion=matching_databases,
            help=f"One that needs no server: {' or '.join(databases_without_server())}.",
        ),
    ] = None,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> int:
    """Scaffold a small shop into DIR, and drive five payments through it.

    It runs against a local KryptoGO; DIR (default: kgscaffold-demo) stays for you to read.
    """
    from kgscaffold.demo import run
    from kgscaffold.demo.choice import checked_choice
    from kgscaffold.demo.view import DemoConsole

    choice = checked_choice(framework, database)
    console = DemoConsole(quiet=quiet, no_color=no_color or None)
    return run(Path(directory), console, choice)
