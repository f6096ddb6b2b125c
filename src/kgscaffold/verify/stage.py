"""What a rule is given: apps to play on, and a judge of what is seen."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from kgscaffold.verify.lending import Lending
from kgscaffold.verify.model import Depth, Result, Violation

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from kgscaffold.verify.app import App
    from kgscaffold.verify.model import Cell, Need

T = TypeVar("T")
_MOST_SHOWN = 1500


class Ground(Protocol):
    """Opens apps of one cell."""

    cell: Cell
    gives: frozenset[Need]

    def open(
        self,
        *,
        web: bool = True,
        migrated: bool = True,
        own_server: bool = False,
        **variables: str | None,
    ) -> AbstractAsyncContextManager[App]:
        """An app on a fresh database, with a web process unless told otherwise.

        `own_server`: on a database server that may be stopped. `variables` replace the usual
        environment; None leaves one out.
        """


class Common:
    """What the rules of one run on one cell share."""

    def __init__(self, ground: Ground, depth: Depth) -> None:
        self.ground = ground
        self.depth = depth
        self.app: App | None = None
        self.lending = Lending(ground.open)
        self.closing = AsyncExitStack()
        self.closing.push_async_callback(self.lending.close)
        self._played: dict[str, asyncio.Task[object]] = {}

    async def once(self, name: str, make: Callable[[], Awaitable[T]]) -> T:
        """Give what `make` gave when it was first asked for under this name, or its error."""
        if name not in self._played:
            self._played[name] = asyncio.ensure_future(_awaited(make))
        return cast("T", await asyncio.shield(self._played[name]))

    async def shared(self) -> App:
        """An app until the end of the run."""
        return await self.closing.enter_async_context(self.lending.lent({}, lambda: True))


async def _awaited(make: Callable[[], Awaitable[T]]) -> T:
    return await make()


class Stage:
    """One rule's view of the run. What does not hold is noted, and the rule goes on."""

    def __init__(self, common: Common, result: Result) -> None:
        self._common = common
        self._result = result

    @property
    def cell(self) -> Cell:
        """The combination under proof."""
        return self._common.ground.cell

    @property
    def thorough(self) -> bool:
        """More is asked than the standard."""
        return self._common.depth >= Depth.THOROUGH

    @property
    def app(self) -> App:
        """The app that all shared rules play on. Raises RuntimeError for the others."""
        if self._common.app is None:
            raise RuntimeError("only a shared rule has the shared app: open one")
        return self._common.app

    @property
    def open(self) -> Callable[..., AbstractAsyncContextManager[App]]:
        """An app for this rule alone, for the time of the block: see `Ground.open`.

        Another rule may have used it before, unless it is asked for without a web process, without
        tables or with a server of its own.
        """
        return self._open

    def _open(self, **how: Any) -> AbstractAsyncContextManager[App]:
        if how.keys() & {"web", "migrated", "own_server"}:
            return self._common.ground.open(**how)
        return self._common.lending.lent(how, lambda: not self._result.violations)

    async def reconciled(self) -> App:
        """One more shared app, for rules that reconcile: that opens all that is dead."""
        return await self.once("reconciled", self._common.shared)

    async def once(self, name: str, make: Callable[[], Awaitable[T]]) -> T:
        """What was played once for several rules."""
        return await self._common.once(name, make)

    def equal(self, case: object, what: str, seen: object, expected: object) -> bool:
        """Note a violation where the two differ; says whether they are equal."""
        return self.true(case, what, seen == expected, seen, expected)

    def true(
        self, case: object, what: str, holds: object, seen: object = "", expected: object = "true"
    ) -> bool:
        """Note a violation where this does not hold; says whether it does."""
        self._result.cases += 1
        if not holds:
            shown = f"{seen}"[:_MOST_SHOWN] or f"{holds!r}"
            self._result.violations.append(Violation(str(case), what, f"{expected}", shown))
        return bool(holds)

    def figure(self, name: str, value: float) -> None:
        """Keep a measured value; the name ends in its unit."""
        self._result.figures[name] = value
