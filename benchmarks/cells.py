"""Cells to measure: the project of a combination, as the templates stand and as 0.2.0 had it."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import by_hand, filling
from kgscaffold.simulator import API_KEY, CLIENT_ID
from tests.conformance.harness.project import build, migrate, scaffold
from tests.releases.trees import releases
from tests.servers.reaper import Reaper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kgscaffold.verify.process import AppProcess, Project
    from tests.conformance.harness.stacks import Stack

NOW, BEFORE = "now", "0.2.0"
SETTINGS = {
    "KRYPTOGO_ENVIRONMENT": "test",
    "KRYPTOGO_CLIENT_ID": CLIENT_ID,
    "KRYPTOGO_STUDIO_API_KEY": API_KEY,
    "KRYPTOGO_ORIGIN": "http://127.0.0.1",
    "KRYPTOGO_CALLBACK_TOKEN": "secret",
}


@dataclass(frozen=True)
class Shop:
    """A project on a migrated database of its own."""

    stack: Stack
    version: str
    project: Project
    url: str

    @contextmanager
    def running(self, command: list[str], **variables: str) -> Iterator[AppProcess]:
        """A process of the shop until the exit."""
        given = {**SETTINGS, "DATABASE_URL": self.url, **variables}
        log = self.project.folder.with_name("log")
        process = self.project.start(command, given, log)
        try:
            yield process
        finally:
            process.stop()

    def by_hand(self, name: str) -> list[str]:
        """Give the command of what is written by hand: by_hand.SERVER or SETTLING."""
        return by_hand.command(self.stack, self.project.commands["start"], name)

    def query(self, statement: str) -> list[tuple[object, ...]]:
        """Run one statement, and give its rows, if it has any."""
        return filling.query(self.url, statement)

    def fill(self, prefix: str, number: int, *, state: str | None) -> None:
        """Add orders, payments and callbacks: see `filling.fill`."""
        of_0_2 = self.version == BEFORE
        filling.fill(self.url, self.stack, prefix, number, state=state, of_0_2=of_0_2)


class Cell:
    """A combination with a server of its database."""

    def __init__(self, stack: Stack, reaper: Reaper) -> None:
        """Make the project, with what is written by hand in it; install, build and migrate it."""
        self.stack = stack
        self._folder = Path(tempfile.mkdtemp(prefix=f"kgscaffold-{stack.name}-"))
        reaper.remove(self._folder)
        self._numbers = count()
        self._now = scaffold(stack, self._folder / "shop", reaper, partial(by_hand.add, stack))
        build(self._now)
        self._server = stack.server(reaper)
        self._server.prepare(partial(migrate, self._now))
        self._releases = [
            one for one in releases() if (one.version, one.answers) == (BEFORE, stack.answers)
        ]

    @property
    def versions(self) -> list[str]:
        """Those that can be measured: BEFORE where there was this combination, and NOW."""
        return [*(one.version for one in self._releases), NOW]

    def shop(self, version: str) -> Shop:
        """Give the project of a version, on a new database."""
        project = self._now if version == NOW else self._before
        database = self._server.fresh(f"shop_{next(self._numbers)}", migrated=version == NOW)
        if version != NOW:
            migrate(project, database.url)
        filling.make_bare_table(database.url, self.stack)
        return Shop(self.stack, version, project, database.url)

    @cached_property
    def _before(self) -> Project:
        folder = self._folder / "before"
        self._releases[0].write(folder)
        by_hand.add(self.stack, folder)
        return replace(self._now, folder=folder)

    def close(self) -> None:
        """Remove the server."""
        self._server.close()


@contextmanager
def opened(stack: Stack) -> Iterator[Cell]:
    """A cell until the exit."""
    with ExitStack() as closing:
        reaper = Reaper()
        closing.callback(reaper.close)
        cell = Cell(stack, reaper)
        closing.callback(cell.close)
        yield cell
