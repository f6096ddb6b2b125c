"""`kgscaffold demo`: the first minute."""

from __future__ import annotations

from pathlib import Path

import click

from kgscaffold.cli.common import help_end, named_directory


@click.command(
    short_help="See five payments settled: the first minute.",
    epilog=help_end(
        ["kgscaffold demo", "kgscaffold demo my-shop    # again on the same folder, after an edit"],
        {
            0: "all five outcomes settled",
            3: "the shop is there, but your edit of it keeps a payment from its end",
            5: "DIR is no place for it, or it could not be installed",
        },
    ),
)
@click.argument("directory", metavar="[DIR]", default="kgscaffold-demo", callback=named_directory)
@click.option("-q", "--quiet", is_flag=True, help="Print errors only.")
@click.option("--no-color", is_flag=True, help="No colours, also by NO_COLOR or TERM=dumb.")
def demo(directory: str, *, quiet: bool, no_color: bool) -> int:
    """Scaffold a FastAPI shop with SQLite into DIR, and drive five payments through it.

    It runs against a local KryptoGO; DIR (default: kgscaffold-demo) stays for you to read.
    """
    from kgscaffold.demo import run
    from kgscaffold.demo.view import DemoConsole

    return run(Path(directory), console=DemoConsole(quiet=quiet, no_color=no_color or None))
