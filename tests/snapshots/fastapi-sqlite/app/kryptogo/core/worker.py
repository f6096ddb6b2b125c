# kgscaffold:id=core/worker
"""The worker: claims what is due, several callbacks at once, and sweeps."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

from . import client, queue
from .database import UNAVAILABLE, in_transaction, reason
from .model import Callback
from .settle import process

CONCURRENCY = 8
LOOK_AHEAD = 64
"""How many due callbacks are looked up at once: some are another worker's when their turn comes."""
POLL_SECONDS = 1
SWEEP_SECONDS = 30
LOOK_SECONDS = 60
"""The bound of a look at the tables, on an engine that has none of its own."""
DRAIN_SECONDS = 60
log = logging.getLogger(__name__)


async def work_on(callback: Callback) -> None:
    """Process a claimed callback as far as it goes. Raises TimeoutError when its lease is over."""
    # Another worker may have it then: no use in waiting any longer.
    async with asyncio.timeout(queue.LEASE.total_seconds()):
        await process(callback)


async def sweep() -> None:
    """Take up callbacks that nothing else would bring on, and drop those of unknown intents."""
    await in_transaction(queue.adopt)
    await in_transaction(queue.take_up_the_late)
    await queue.forget_unregistered()


async def process_due() -> int:
    """Process all that is due now; how many callbacks. For cron, and hosts without a worker.

    Raises the database's own errors when it is down, or takes no writes.
    """
    await sweep()
    done = 0
    while ids := await queue.due(CONCURRENCY):
        claimed = await queue.claim(ids)
        await asyncio.gather(*map(work_on, claimed))
        done += len(claimed)
    return done


class Worker:
    """Runs until it is stopped. `wake` makes it look at once instead of within a second."""

    def __init__(self) -> None:
        self._signal = asyncio.Event()
        self._stopping = False
        self._running: dict[str, asyncio.Task[None]] = {}
        self._due: list[str] = []
        self._next_sweep = 0.0
        self._away = False

    def wake(self) -> None:
        self._signal.set()

    def stop(self) -> None:
        self._stopping = True
        self.wake()

    async def run(self) -> None:
        """Claim and process until `stop`, then finish what is under way."""
        while not self._stopping:
            self._signal.clear()
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._start_due()
            except UNAVAILABLE as error:
                self._database_is_away(error)
            except Exception:
                log.exception("the worker goes on after an unexpected error")
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._signal.wait()
            except TimeoutError:
                continue
        if self._running:
            await asyncio.wait(self._running.values(), timeout=DRAIN_SECONDS)

    async def _start_due(self) -> None:
        if not self._due and len(self._running) < CONCURRENCY:
            self._due = await queue.due(LOOK_AHEAD)
        if self._away or monotonic() >= self._next_sweep:
            self._next_sweep = monotonic() + SWEEP_SECONDS
            await sweep()
            if not self._due:
                self._database_is_there()
        while self._due and (free := CONCURRENCY - len(self._running)):
            ids, self._due = self._due[:free], self._due[free:]
            for callback in await queue.claim(ids):
                self._running[callback.id] = asyncio.create_task(self._work_on(callback))

    async def _work_on(self, callback: Callback) -> None:
        try:
            await work_on(callback)
            self._database_is_there()
            self.wake()
        except UNAVAILABLE as error:
            self._database_is_away(error)
        finally:
            del self._running[callback.id]

    def _database_is_away(self, error: Exception) -> None:
        if not self._away:
            log.warning("the database is unavailable, and waited for: %s", reason(error))
        self._away = True

    def _database_is_there(self) -> None:
        if self._away:
            log.warning("the database is back")
        self._away = False


@asynccontextmanager
async def running_worker() -> AsyncIterator[Worker]:
    """A worker beside the caller, drained at the end."""
    worker = Worker()
    task = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        await task
        await client.close()
