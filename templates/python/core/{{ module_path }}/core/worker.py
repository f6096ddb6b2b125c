# kgscaffold:id=core/worker
"""The worker: claims what is due, several callbacks at once, and sweeps."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

from . import client, queue
from .database import UNAVAILABLE, in_transaction
from .settle import process

CONCURRENCY = 8
POLL_SECONDS = 1
SWEEP_SECONDS = 30
DRAIN_SECONDS = 60
log = logging.getLogger(__name__)


async def work_on(callback_id: str) -> bool:
    """Process one callback as far as it goes; False where another worker has it."""
    claimed = False
    while callback := await queue.claim(callback_id):
        claimed = True
        await process(callback)
    return claimed


async def sweep() -> None:
    """Take up callbacks whose intent was registered in the meantime, and drop unknown ones."""
    await in_transaction(queue.adopt)
    await queue.forget_unregistered()


async def process_due() -> int:
    """Process all that is due now; how many callbacks. For cron, and hosts without a worker.

    Raises the database's own errors when it is down, or takes no writes.
    """
    await sweep()
    done = 0
    while ids := await queue.due(CONCURRENCY):
        done += sum(await asyncio.gather(*map(work_on, ids)))
    return done


class Worker:
    """Runs until it is stopped. `wake` makes it look at once instead of within a second."""

    def __init__(self) -> None:
        self._signal = asyncio.Event()
        self._stopping = False
        self._running: dict[str, asyncio.Task[None]] = {}
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
        due = await queue.due(CONCURRENCY)
        if self._away or monotonic() >= self._next_sweep:
            self._next_sweep = monotonic() + SWEEP_SECONDS
            await sweep()
            if not due:
                self._database_is_there()
        for callback_id in due:
            if callback_id not in self._running and len(self._running) < CONCURRENCY:
                self._running[callback_id] = asyncio.create_task(self._work_on(callback_id))

    async def _work_on(self, callback_id: str) -> None:
        try:
            await work_on(callback_id)
            self._database_is_there()
            self.wake()
        except UNAVAILABLE as error:
            self._database_is_away(error)
        finally:
            del self._running[callback_id]

    def _database_is_away(self, error: Exception) -> None:
        if not self._away:
            reason, _, _ = str(error).partition("\n")
            log.warning("the database is unavailable, and waited for: %s", reason)
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
