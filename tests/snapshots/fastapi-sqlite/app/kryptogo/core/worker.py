# kgscaffold:id=core/worker
"""What a worker does: claims what is due, several callbacks at once, and sweeps."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from time import monotonic

from . import store
from .concurrency import CONCURRENCY, Worker, time_limit, together
from .database import Tx, reason, transaction
from .dialect import UNAVAILABLE
from .model import Callback, Payment, State, now
from .queue import AGAIN_SECONDS, KEEP_UNREGISTERED, MAX_UNREGISTERED
from .schedule import LEASE, latest_attempts, released
from .settle import Finished, finish, process

LOOK_AHEAD = 64
"""How many due callbacks are looked up at once: some are another worker's when their turn comes."""
SWEEP_SECONDS = 30
LOOK_SECONDS = 60
"""The bound of a look at the tables, on an engine that has none of its own."""
Claimed = tuple[Callback, Payment]
log = logging.getLogger(__name__)


async def sweep(tx: Tx) -> None:
    """Take up callbacks that nothing else would bring on, and drop those of unknown intents."""
    at = now()
    await store.adopt(tx, at)
    await store.make_due(tx, at, latest_attempts(at), at + 2 * LEASE)
    await store.trim_unregistered(tx, MAX_UNREGISTERED, at - KEEP_UNREGISTERED)


async def process_due() -> int:
    """Process all that is due now; how many callbacks. For cron, and hosts without a worker.

    Raises the database's own errors when it is down, or takes no writes.
    """
    await transaction(sweep)
    work, done = Work(), 0
    try:
        while ids := await store.due_callbacks(now(), CONCURRENCY):
            claimed = await work.claim(ids)
            await together(work.do, claimed)
            done += len(claimed)
    finally:
        await work.claim([])
    return done


class Work:
    """What a worker has to do, and what it has done since it last wrote to the callbacks.

    A callback whose `after_commit` has run is finished in the transaction that claims the next:
    one commit for several. Until then it is leased; after a crash its `after_commit` runs again.
    """

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._finished: list[Finished] = []
        self._next_sweep = 0.0
        self._away = False

    async def claim(self, callback_ids: list[str]) -> list[Claimed]:
        """These callbacks and their payments, leased, but for those that another worker has."""
        finished = list(self._finished)
        if not callback_ids and not finished:
            return []
        work = partial(_claim, callback_ids, finished)
        claimed = await transaction(work, within=AGAIN_SECONDS)
        del self._finished[: len(finished)]
        return claimed

    async def do(self, claimed: Claimed) -> None:
        """Process one as far as it goes. Raises TimeoutError when its lease is over."""
        # Another worker may have it then: no use in waiting any longer.
        async with time_limit(LEASE.total_seconds()):
            finished = await process(*claimed)
        if finished:
            self._finished.append(finished)

    async def find(self, places: int) -> list[Claimed]:
        """Callbacks to be processed, claimed. What is finished is written down."""
        claimed: list[Claimed] = []
        async with self._patient(), time_limit(LOOK_SECONDS):
            # Read first: that a database is away is known at once; a sweep would try for long.
            if places and not self._ids:
                self._ids = await store.due_callbacks(now(), LOOK_AHEAD)
            if self._away or monotonic() >= self._next_sweep:
                self._next_sweep = monotonic() + SWEEP_SECONDS
                # Soon told where the database is away: the next look is in a second.
                await transaction(sweep, within=2)
            claimed = await self._next(places)
        return claimed

    async def _next(self, places: int) -> list[Claimed]:
        while True:
            ids, self._ids = self._ids[:places], self._ids[places:]
            claimed = await self.claim(ids)
            if claimed or not ids:
                return claimed

    async def attempt(self, claimed: Claimed) -> None:
        """Process one; where the database is away, that is told."""
        async with self._patient():
            await self.do(claimed)

    @asynccontextmanager
    async def _patient(self) -> AsyncIterator[None]:
        """Leaves what is done inside when the database is away, and tells of it once."""
        try:
            yield
        except UNAVAILABLE as error:
            if not self._away:
                log.warning("the database is unavailable, and waited for: %s", reason(error))
            self._away = True
        else:
            # Not before: a sweep that finds nothing writes nothing, and a full disk lets it pass.
            if self._away:
                log.warning("the database is back")
            self._away = False


async def _claim(callback_ids: list[str], finished: list[Finished], tx: Tx) -> list[Claimed]:
    at = now()
    await finish(tx, finished, at)
    if not callback_ids:
        return []
    claimed = await store.claim(tx, callback_ids, at, at + LEASE)
    payments = await store.payments_of([one.payment_intent_id for one in claimed], tx)
    known = []
    for callback in claimed:
        if payment := payments.get(callback.payment_intent_id):
            known.append((callback, payment))
        else:  # it was deleted
            unknown = replace(callback, state=State.UNREGISTERED)
            await store.update_callback(tx, callback, released(unknown, at))
    return known


def worker() -> Worker[Claimed]:
    """A worker on the callbacks."""
    work = Work()
    return Worker(work.find, work.attempt)
