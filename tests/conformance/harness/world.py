"""All that tests of one stack share: its server and its scaffolded project."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from tests.conformance.harness.project import build, copied, migrate, scaffold

if TYPE_CHECKING:
    from kgscaffold.verify.process import Project
    from tests.conformance.harness.database import DatabaseServer
    from tests.conformance.harness.stacks import Stack
    from tests.servers.reaper import Reaper

T = TypeVar("T")
Make = Callable[["Stack", Path, "Reaper", Callable[[Path], None] | None], "Project"]


class World:
    """One stack, ready to be played on."""

    def __init__(
        self,
        stack: Stack,
        reaper: Reaper,
        edit: Callable[[Path], None] | None = None,
        make: Make = scaffold,
    ) -> None:
        """Make the project, change it by `edit`, install and migrate."""
        self.stack = stack
        self.reaper = reaper
        self._closing = ExitStack()
        self._results: dict[str, object] = {}
        self.folder = Path(tempfile.mkdtemp(prefix=f"kgscaffold-{stack.name}-"))
        reaper.remove(self.folder)
        self._scaffolded = make(stack, self.folder / "shop", reaper, edit)
        self.project = copied(self._scaffolded, self.folder / "shop-with-effects")
        stack.instrument.add_effects(self.project.folder)
        build(self.project)
        self.server = self._served()

    @property
    def pristine(self) -> Project:
        """The shop as it was scaffolded."""
        self.once("built", lambda: build(self._scaffolded))
        return self._scaffolded

    def _served(self) -> DatabaseServer:
        server = self.stack.server(self.reaper)
        self._closing.callback(server.close)
        server.prepare(partial(migrate, self.project))
        return server

    @contextmanager
    def own_server(self) -> Iterator[DatabaseServer]:
        """A server that may be made to go away."""
        if self.stack.outage_server is None:
            yield self.server
            return
        server = self.stack.outage_server(self.reaper)
        with closing(server):
            server.prepare(partial(migrate, self.project))
            yield server

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gave when it was first asked for under this name."""
        if name not in self._results:
            self._results[name] = make()
        return cast("T", self._results[name])

    def close(self) -> None:
        """End its processes and its server."""
        self._closing.close()
