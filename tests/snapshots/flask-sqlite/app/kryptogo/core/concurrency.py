# kgscaffold:id=core/concurrency
"""All that is of threads: limits of time, locks, connections to KryptoGO, and the worker's loop."""

import logging
import math
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import copy_context
from functools import partial
from queue import SimpleQueue
from time import monotonic
from typing import Generic, TypeVar

import httpx

CONCURRENCY = 8
POLL_SECONDS = 1
DRAIN_SECONDS = 60
PROVIDER_SECONDS = 5
T = TypeVar("T")
log = logging.getLogger(__name__)
surroundings: Callable[[], AbstractContextManager[object]] = nullcontext
"""What each piece of work is done in: a framework puts its own here."""


class Limit:
    """How long the work of a thread may take, and what is to be given back at its end."""

    def __init__(self, seconds: float) -> None:
        self.end = monotonic() + seconds
        self.borrowed: list[tuple[httpx.Client, threading.Timer]] = []


class Here(threading.local):
    """What is a thread's own."""

    limit: Limit | None = None


here = Here()
idle: list[httpx.Client] = []
"""Clients that wait for the next call."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises TimeoutError at the end of what took longer; what waits looks at `seconds_left`.

    A thread cannot be interrupted. A handler that takes too long runs to its end, and then its
    transaction is rolled back. Where its lease is over by then, another worker has settled the
    callback, and the lease token keeps this one from writing anything.
    """
    outer = here.limit
    limit = here.limit = Limit(min(seconds, seconds_left()))
    try:
        yield
    except Exception as error:
        if limit.borrowed and monotonic() > limit.end:  # its connection was closed under it
            raise TimeoutError(f"it took over {seconds} s") from error
        raise
    finally:
        here.limit = outer
        for client, timer in limit.borrowed:
            timer.cancel()
            if not client.is_closed:
                idle.append(client)
    if monotonic() > limit.end:
        raise TimeoutError(f"it took over {seconds} s")


def seconds_left() -> float:
    """How long the work of this thread may still take: infinite where nothing limits it."""
    return max(0, here.limit.end - monotonic()) if here.limit else math.inf


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def http() -> httpx.Client:
    """Connections to KryptoGO, until the time limit ends.

    They are closed under an answer that takes longer: each byte of it restarts httpx's own clock.
    """
    client = idle.pop() if idle else httpx.Client(timeout=PROVIDER_SECONDS, follow_redirects=False)
    if here.limit:
        timer = threading.Timer(seconds_left(), client.close)
        timer.daemon = True
        timer.start()
        here.limit.borrowed.append((client, timer))
    return client


def close() -> None:
    """End the connections that nobody uses. The next call makes new ones."""
    while idle:
        idle.pop().close()


class Lock:
    """First come, first served, among the threads of a process: Python's own lock is not fair."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._taken = False
        self._line: deque[threading.Event] = deque()

    @contextmanager
    def held(self, seconds: float | None = None) -> Iterator[None]:
        """Hold it inside. Raises TimeoutError where it is not free within so many seconds."""
        self._acquire(seconds)
        try:
            yield
        finally:
            self._release()

    def _acquire(self, seconds: float | None) -> None:
        turn = threading.Event()
        with self._mutex:
            if not self._taken:
                self._taken = True
                return
            self._line.append(turn)
        if turn.wait(seconds):
            return
        with self._mutex:
            if turn in self._line:
                self._line.remove(turn)
                raise TimeoutError
        # It was handed over in the last moment.

    def _release(self) -> None:
        with self._mutex:
            if self._line:
                self._line.popleft().set()
            else:
                self._taken = False


def start_thread(work: Callable[[], None]) -> threading.Thread:
    """A thread that works where the caller is: in the same application, say.

    It does not keep the process from ending.
    """
    thread = threading.Thread(target=copy_context().run, args=(work,), daemon=True)
    thread.start()
    return thread


def together(work: Callable[[T], object], items: Iterable[T]) -> None:
    """Do the work on all items side by side. Raises the first error."""
    errors: list[Exception] = []

    def work_on(item: T) -> None:
        try:
            with surroundings():
                work(item)
        except Exception as error:
            errors.append(error)

    threads = [start_thread(partial(work_on, item)) for item in items]
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def until_stopped() -> None:
    """Return when the process is told to end."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()


class Worker(Generic[T]):
    """Does several jobs side by side, and looks for more every second, or at once when woken.

    `find` gives at most so many jobs, and at the end none is asked for: it may write down what is
    done. Neither it nor `work` raises what is to be expected.
    """

    def __init__(self, find: Callable[[int], list[T]], work: Callable[[T], None]) -> None:
        self._find = find
        self._work = work
        self._signal = threading.Event()
        self._stopping = False
        self._jobs: SimpleQueue[T | None] = SimpleQueue()
        self._counting = threading.Lock()
        self._under_way = 0

    def wake(self) -> None:
        self._signal.set()

    @contextmanager
    def running(self) -> Iterator["Worker[T]"]:
        """The worker at work; at the end it finishes what is under way."""
        loop = start_thread(self._run)
        try:
            yield self
        finally:
            self._stopping = True
            self.wake()
            loop.join(DRAIN_SECONDS)
            close()

    def _run(self) -> None:
        hands = [start_thread(self._work_off) for _ in range(CONCURRENCY)]
        while not self._stopping:
            self._signal.clear()
            if self._under_way < CONCURRENCY:
                self._start_jobs(CONCURRENCY - self._under_way)
            self._signal.wait(POLL_SECONDS)
        for _ in hands:
            self._jobs.put(None)
        for hand in hands:
            hand.join()
        self._start_jobs(0)

    def _start_jobs(self, places: int) -> None:
        try:
            with surroundings():
                jobs = self._find(places)
        except Exception:
            log.exception("the worker goes on after an unexpected error")
            return
        for job in jobs:
            self._count(1)
            self._jobs.put(job)

    def _work_off(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                with surroundings():
                    self._work(job)
            except Exception:
                log.exception("the worker goes on after an unexpected error")
            self._count(-1)
            # Not at every job that ends: several are claimed by one statement.
            if self._under_way <= CONCURRENCY // 2:
                self.wake()

    def _count(self, jobs: int) -> None:
        with self._counting:
            self._under_way += jobs
