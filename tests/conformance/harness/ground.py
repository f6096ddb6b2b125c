"""The ground that rules are played on: fresh databases, instrumented handlers, and faults."""

from __future__ import annotations

from asyncio import to_thread
from contextlib import asynccontextmanager, nullcontext
from itertools import count
from typing import TYPE_CHECKING

from kgscaffold.verify.extras import Extras
from kgscaffold.verify.model import Cell, Need
from kgscaffold.verify.running import running_app
from tests.conformance.harness.extras import DatabaseOutage, HandlerEffects, RecordedClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from kgscaffold.verify.app import App
    from kgscaffold.verify.process import Project
    from tests.conformance.harness.world import World

_NUMBERS = count()


class TestGround:
    """Opens instrumented shops of one world."""

    __test__ = False
    gives = frozenset(Need)

    def __init__(self, world: World, project: Project | None = None) -> None:
        self.cell = Cell(world.stack.name, world.stack.one_writer, world.stack.schemes)
        self._world = world
        self._project = project or world.project

    @asynccontextmanager
    async def open(
        self,
        *,
        web: bool = True,
        migrated: bool = True,
        own_server: bool = False,
        **variables: str | None,
    ) -> AsyncIterator[App]:
        """An app on a fresh database, with a web process unless told otherwise."""
        name = f"ground_{next(_NUMBERS)}"
        folder = self._world.folder / name
        folder.mkdir()
        serving = self._world.own_server() if own_server else nullcontext(self._world.server)
        server = await to_thread(serving.__enter__)
        database = await to_thread(server.fresh, name, migrated=migrated)
        effects = HandlerEffects(database, folder)
        outage = DatabaseOutage(server, database)
        extras = Extras(effects, RecordedClock(database), database, outage)
        given = {"DATABASE_URL": database.url, "CONFORMANCE_FOLDER": str(folder), **variables}
        try:
            async with running_app(self._project, folder, extras, given) as app:
                if web:
                    await app.start_web()
                yield app
        finally:
            await to_thread(serving.__exit__, None, None, None)
