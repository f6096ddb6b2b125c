"""Apps that are lent from one rule to the next: to start one costs seconds of processor time."""

from __future__ import annotations

import asyncio
from asyncio import to_thread
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kgscaffold.simulator.settings import Provider, Switches

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from kgscaffold.verify.app import App

MOST_USUAL, MOST_OTHERS = 6, 2
"""Apps at the same time, with the usual settings and with each set of others."""


@dataclass
class _Shelf:
    """Apps with the same settings."""

    turns: asyncio.Semaphore
    free: list[App] = field(default_factory=list)


class Lending:
    """Gives an app to one rule at a time, and opens one where none of its settings is free."""

    def __init__(self, open_one: Callable[..., AbstractAsyncContextManager[App]]) -> None:
        self._open_one = open_one
        self._opened: list[AsyncExitStack] = []
        self._shelves: dict[frozenset[tuple[str, str | None]], _Shelf] = {}

    @asynccontextmanager
    async def lent(
        self, variables: dict[str, str | None], is_well: Callable[[], bool]
    ) -> AsyncIterator[App]:
        """An app for the length of the block; it is lent again where `is_well` then says so.

        What others did on it stays: a rule has intents of its own, and judges by them.
        """
        shelf = self._shelf(variables)
        async with shelf.turns:
            app = shelf.free.pop() if shelf.free else await self._open(variables)
            app.logs.begin()
            yield app
            if is_well() and not app.changed:
                await _put_in_order(app)
                shelf.free.append(app)

    async def close(self) -> None:
        """End all apps at the same time."""
        await asyncio.gather(*(one.aclose() for one in self._opened))

    def _shelf(self, variables: dict[str, str | None]) -> _Shelf:
        most = MOST_OTHERS if variables else MOST_USUAL
        fresh = _Shelf(asyncio.Semaphore(most))
        return self._shelves.setdefault(frozenset(variables.items()), fresh)

    async def _open(self, variables: dict[str, str | None]) -> App:
        opened = AsyncExitStack()
        self._opened.append(opened)
        return await opened.enter_async_context(self._open_one(**variables))


async def _put_in_order(app: App) -> None:
    """End all processes but the first web process, and let KryptoGO behave as usual."""
    ended = [*(web.process for web in app.webs[1:]), *app.others]
    del app.webs[1:], app.others[:]
    await asyncio.gather(*(to_thread(process.stop) for process in ended if process.running))
    await to_thread(app.simulator.set_switches, **Switches().wire())
    await to_thread(app.simulator.set_provider, **Provider().wire())
