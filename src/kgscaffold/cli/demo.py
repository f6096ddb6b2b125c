"""`kgscaffold demo`: the first minute."""

from __future__ import annotations

from pathlib import Path

import click

from kgscaffold.cli.common import named_directory


@click.command(short_help="See five payments settled: the first minute.")
@click.argument("directory", metavar="[DIR]", default="kgscaffold-demo", callback=named_directory)
@click.option("--no-color", is_flag=True, help="No colours, also by NO_COLOR or TERM=dumb.")
def demo(directory: str, *, no_color: bool) -> int:
    """Scaffold a FastAPI shop with SQLite into DIR, and drive five payments through it.

    It runs against a local KryptoGO; DIR (default: kgscaffold-demo) stays for you to read.
    """
    from rich.console import Console

    from kgscaffold.demo import run

    return run(Path(directory), console=Console(no_color=no_color or None))
