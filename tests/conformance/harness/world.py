"""All that tests of one stack share: its server, its scaffolded project, its common shop."""

from __future__ import annotations

import os
import tempfile
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from tests.conformance.harness.project import scaffold
from tests.conformance.harness.shop import Shop
from tests.conformance.mutations import MUTATION_VARIABLE, MUTATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conformance.harness.database import DatabaseServer
    from tests.conformance.harness.project import Project
    from tests.conformance.harness.stacks import Stack
    from tests.servers.reaper import Reaper

T = TypeVar("T")


class World:
    """One stack, ready to open shops."""

    def __init__(self, stack: Stack, reaper: Reaper) -> None:
        self.stack = stack
        self.reaper = reaper
        self._closing = ExitStack()
        self._numbers = count()
        self._results: dict[str, object] = {}
        self.folder = Path(tempfile.mkdtemp(prefix=f"kgscaffold-{stack.name}-"))
        reaper.remove(self.folder)
        mutation = MUTATIONS.get(os.environ.get(MUTATION_VARIABLE, ""))
        edit = mutation.apply if mutation else None
        self.pristine = scaffold(stack, self.folder / "shop", edit)
        self.project = self.pristine.copy(self.folder / "shop-with-effects")
        stack.instrument.add_effects(self.project.folder)
        self.server = self._served()

    def _served(self) -> DatabaseServer:
        server = self.stack.server(self.reaper)
        self._closing.callback(server.close)
        server.prepare(self.project.migrate)
        return server

    @contextmanager
    def open_shop(
        self,
        *,
        project: Project | None = None,
        server: DatabaseServer | None = None,
        web: bool = True,
        **variables: str | None,
    ) -> Iterator[Shop]:
        """A shop with a fresh database, and one web process unless told otherwise.

        `variables` replace the usual environment; None leaves one out.
        """
        name = f"shop_{next(self._numbers)}"
        folder = self.folder / name
        folder.mkdir()
        database = (server or self.server).fresh(name)
        chosen = project or self.project
        with Shop(chosen, database, folder, self.reaper, dict(variables)) as shop:
            if web:
                shop.start_web()
            yield shop

    def own_server(self) -> DatabaseServer:
        """A server that may be made to go away; its taker closes it."""
        server = self.stack.outage_server(self.reaper)
        server.prepare(self.project.migrate)
        return server

    @contextmanager
    def outage_server(self) -> Iterator[DatabaseServer]:
        """A server for one test, which may make it go away."""
        server = self.stack.outage_server(self.reaper)
        try:
            server.prepare(self.project.migrate)
            yield server
        finally:
            server.close()

    @property
    def common_shop(self) -> Shop:
        """One shop for all tests whose intents do not disturb each other."""
        return self.once("common shop", lambda: self._closing.enter_context(self.open_shop()))

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gave when it was first asked for under this name."""
        if name not in self._results:
            self._results[name] = make()
        return cast("T", self._results[name])

    def keep(self, shop: Any) -> Shop:
        """A shop (a context manager) that stays open until the world's end."""
        opened: Shop = self._closing.enter_context(shop)
        return opened

    def close(self) -> None:
        """End its processes and its server."""
        self._closing.close()
