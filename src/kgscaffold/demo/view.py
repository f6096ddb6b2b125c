"""What the user sees: steps of the set-up, and a table that follows the orders.

On a terminal the steps have a spinner and the table is live; elsewhere both are plain lines.
"""

from __future__ import annotations

import time
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from kgscaffold.demo.shop import Records, handler_failure

if TYPE_CHECKING:
    from collections.abc import Iterator

_STYLES = {
    "new": "cyan",
    "paid": "bold green",
    "expired": "yellow",
    "underpaid": "magenta",
    "refunded": "blue",
}


class DemoConsole(Console):
    """Rich's console, which would end the process with a bug's exit code for a closed pipe."""

    def on_broken_pipe(self) -> None:
        """Leave it to the command line."""
        raise BrokenPipeError


@dataclass(slots=True)
class Row:
    """One order on the screen; `records` is what was last read of it."""

    order_id: str
    records: Records = field(default_factory=Records)

    @property
    def status(self) -> str:
        """The order's status, as last read."""
        return self.records.order_status


@dataclass(slots=True)
class Board:
    """The orders on the screen, drawn as they stand whenever rich draws it."""

    rows: list[Row]

    def __rich__(self) -> Table:
        """Draw the table."""
        table = Table(show_lines=True, title="As the shop itself tells it (show --json)")
        for heading in ("order", "callbacks", "history"):
            table.add_column(heading, overflow="fold")
        for row in self.rows:
            records = row.records
            table.add_row(
                Text(f"{row.order_id[:6]}\n{row.status}", _STYLES.get(row.status, "")),
                Text("\n".join(_callback(one, ":\n  ") for one in records.callbacks)),
                Text("\n".join(_decision(one) for one in records.history)),
            )
        return table


class View:
    """Prints for one demo."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._alive = console.is_terminal and not console.is_dumb_terminal
        self._begin = time.monotonic()

    def say(self, text: str = "", style: str = "") -> None:
        """Print one line, above the table if there is one."""
        self._console.print(Text(text, style), soft_wrap=True)

    def detail(self, text: str) -> None:
        """Print a line that belongs to the step before."""
        self.say(f"         {text}", "dim")

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Show that something is under way, and then how long it took."""
        begin = time.monotonic()
        with self._console.status(Text(text)) if self._alive else nullcontext():
            yield
        self.say(f"{time.monotonic() - begin:5.1f} s  {text}")

    @contextmanager
    def table(self, board: Board) -> Iterator[None]:
        """Keep the board on the screen; without a terminal, print it at the end."""
        if self._alive:
            with Live(board, console=self._console, refresh_per_second=8):
                yield
        else:
            try:
                yield
            finally:
                self._console.print(board)

    def seconds(self) -> float:
        """Give the seconds since the view was made."""
        return time.monotonic() - self._begin


def callbacks_line(records: Records) -> str:
    """Give the callbacks of an order and what came of them, in one line."""
    return "; ".join(_callback(one, ": ") for one in records.callbacks)


def _callback(row: dict[str, Any], joint: str) -> str:
    times = f"{row['deliveries']} deliveries, " if row["deliveries"] > 1 else ""
    return f"{row['status']}{joint}{times}{row['state']}, {row['outcome'] or _still(row)}"


def _still(row: dict[str, Any]) -> str:
    if handler_failure(row):
        return "a handler raised"
    return "not believed" if row.get("ahead_since") else "not looked at yet"


def _decision(row: dict[str, Any]) -> str:
    if row["outcome"] == "registered":
        return "registered"
    return f"{row['outcome']} {row['applied_status'] or row['to_status']}"
