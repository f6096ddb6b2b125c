"""`kgscaffold demo`: a shop made, started and paid in five ways before the user's eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from kgscaffold.demo.choice import Choice

__all__ = ["run"]


def run(directory: Path, console: Console, choice: Choice) -> int:
    """Make the demo's shop in `directory` (or use the one it made there), run it, settle orders.

    Gives the exit code 0. Raises KgscaffoldError for what a user can mend, KeyboardInterrupt for
    Ctrl-C, SIGTERM and SIGHUP; no process is left behind in any case.
    """
    from kgscaffold.demo.course import drive

    drive(directory, console, choice)
    return 0
