"""`kgscaffold demo`: the first minute."""

from __future__ import annotations

from pathlib import Path

from kgscaffold.cli.command import command
from kgscaffold.cli.common import Directory, NoColor, Quiet, help_end

application, demo_command = command(
    epilog=help_end(
        ["kgscaffold demo", "kgscaffold demo my-shop    # again on the same folder, after an edit"],
        {
            0: "all five outcomes settled",
            3: "the shop is there, but your edit of it keeps a payment from its end",
            5: "DIR is no place for it, or it could not be installed",
        },
    ),
)


@demo_command
def demo(
    directory: Directory = "kgscaffold-demo", *, quiet: Quiet = False, no_color: NoColor = False
) -> int:
    """Scaffold a FastAPI shop with SQLite into DIR, and drive five payments through it.

    It runs against a local KryptoGO; DIR (default: kgscaffold-demo) stays for you to read.
    """
    from kgscaffold.demo import run
    from kgscaffold.demo.view import DemoConsole

    return run(Path(directory), console=DemoConsole(quiet=quiet, no_color=no_color or None))
