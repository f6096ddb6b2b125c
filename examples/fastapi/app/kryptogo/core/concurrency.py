# kgscaffold:id=core/concurrency
"""All that is asyncio's: limits of time, locks, connections to KryptoGO, and the worker's loop."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    import httpx

CONCURRENCY = 8
POLL_SECONDS = 1
DRAIN_SECONDS = 60
PROVIDER_SECONDS = 5
T = TypeVar("T")
log = logging.getLogger(__name__)


def run(main: Coroutine[Any, Any, T]) -> T:
    """What `main` gives, in an event loop of its own."""
    return asyncio.run(main)


def time_limit(seconds: float) -> AbstractAsyncContextManager[object]:
    """Ends what is done inside by TimeoutError when it takes longer."""
    return asyncio.timeout(seconds)


async def sleep(seconds: float) -> None:
    await asyncio.sleep(seconds)


async def together(work: Callable[[T], Awaitable[None]], items: Iterable[T]) -> None:
    """Do the work on all items side by side. Raises the first error."""
    await asyncio.gather(*map(work, items))


class Lock:
    """First come, first served, among the tasks of an event loop."""

    def __init__(self) -> None:
        self._locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]
        self._locks = WeakKeyDictionary()

    @asynccontextmanager
    async def held(self, seconds: float | None = None) -> AsyncIterator[None]:
        """Hold it inside. Raises TimeoutError where it is not free within so many seconds."""
        lock = self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())
        async with asyncio.timeout(seconds):
            await lock.acquire()
        try:
            yield
        finally:
            lock.release()


@lru_cache(maxsize=1)
def _connections(loop: asyncio.AbstractEventLoop) -> "httpx.AsyncClient":
    import httpx  # takes a while, and commands that only read the tables need none

    return httpx.AsyncClient(timeout=PROVIDER_SECONDS, follow_redirects=False)


def http() -> "httpx.AsyncClient":
    """The connections to KryptoGO, shared by all that runs in this event loop."""
    return _connections(asyncio.get_running_loop())


async def close() -> None:
    """End the connections. The next call makes new ones."""
    await http().aclose()
    _connections.cache_clear()


async def until_stopped() -> None:
    """Return when the process is told to end."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


class Worker(Generic[T]):
    """Does several jobs side by side, and looks for more every second, or at once when woken.

    `find` gives at most so many jobs, and at the end none is asked for: it may write down what is
    done. Neither it nor `work` raises what is to be expected.
    """

    def __init__(
        self, find: Callable[[int], Awaitable[list[T]]], work: Callable[[T], Awaitable[None]]
    ) -> None:
        self._find = find
        self._work = work
        self._signal = asyncio.Event()
        self._stopping = False
        self._running: set[asyncio.Future[None]] = set()

    def wake(self) -> None:
        self._signal.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Worker[T]"]:
        """The worker at work; at the end it finishes what is under way."""
        loop = asyncio.create_task(self._run())
        try:
            yield self
        finally:
            self._stopping = True
            self.wake()
            await loop
            await close()

    async def _run(self) -> None:
        while not self._stopping:
            self._signal.clear()
            if len(self._running) < CONCURRENCY:
                await self._start_jobs(CONCURRENCY - len(self._running))
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._signal.wait()
        if self._running:
            await asyncio.wait(self._running, timeout=DRAIN_SECONDS)
        await self._start_jobs(0)

    async def _start_jobs(self, places: int) -> None:
        try:
            jobs = await self._find(places)
        except Exception:
            log.exception("the worker goes on after an unexpected error")
            return
        for job in jobs:
            task = asyncio.ensure_future(self._work(job))
            self._running.add(task)
            task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Future[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("the worker goes on after an unexpected error", exc_info=error)
        # Not at every job that ends: several are claimed by one statement.
        if len(self._running) <= CONCURRENCY // 2:
            self.wake()
