# kgscaffold:id=core/worker
"""What a worker does: claims what is due, several callbacks at once, and sweeps."""

import logging
from time import monotonic

from . import store
from .concurrency import Worker, time_limit, together
from .database import Tx, reason, transaction
from .dialect import UNAVAILABLE
from .model import Callback, Payment, now
from .queue import KEEP_UNREGISTERED, MAX_UNREGISTERED, claim
from .schedule import LEASE, latest_attempts
from .settle import process

AT_ONCE = 8
LOOK_AHEAD = 64
"""How many due callbacks are looked up at once: some are another worker's when their turn comes."""
SWEEP_SECONDS = 30
LOOK_SECONDS = 60
"""The bound of a look at the tables, on an engine that has none of its own."""
Claimed = tuple[Callback, Payment | None]
log = logging.getLogger(__name__)


def sweep(tx: Tx) -> None:
    """Take up callbacks that nothing else would bring on, and drop those of unknown intents."""
    at = now()
    store.adopt(tx, at)
    store.make_due(tx, at, latest_attempts(at), at + 2 * LEASE)
    store.trim_unregistered(tx, MAX_UNREGISTERED, at - KEEP_UNREGISTERED)


def process_due() -> int:
    """Process all that is due now; how many callbacks. For cron, and hosts without a worker.

    Raises the database's own errors when it is down, or takes no writes.
    """
    transaction(sweep)
    done = 0
    while ids := store.due_callbacks(now(), AT_ONCE):
        claimed = claim(ids)
        together(work_on, claimed)
        done += len(claimed)
    return done


def work_on(claimed: Claimed) -> None:
    """Process a claimed callback as far as it goes. Raises TimeoutError when its lease is over."""
    # Another worker may have it then: no use in waiting any longer.
    with time_limit(LEASE.total_seconds()):
        process(*claimed)


class Work:
    """What a worker has to do: it sweeps now and then, and waits for a database that is away."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._next_sweep = 0.0
        self._away = False

    def find(self, places: int) -> list[Claimed]:
        """Callbacks to be processed, claimed."""
        try:
            with time_limit(LOOK_SECONDS):
                # Read first: that a database is away is known at once; a sweep would try for long.
                self._ids = self._ids or store.due_callbacks(now(), LOOK_AHEAD)
                if self._away or monotonic() >= self._next_sweep:
                    self._next_sweep = monotonic() + SWEEP_SECONDS
                    # Soon told where the database is away: the next look is in a second.
                    transaction(sweep, within=2)
                claimed = self._claim(places)
                # Only now: a sweep that finds nothing writes nothing, and a full disk lets it pass.
                self._is_there()
                return claimed
        except UNAVAILABLE as error:
            self._is_away(error)
            return []

    def _claim(self, places: int) -> list[Claimed]:
        while self._ids:
            ids, self._ids = self._ids[:places], self._ids[places:]
            if claimed := claim(ids):
                return claimed
        return []

    def do(self, claimed: Claimed) -> None:
        """Process one."""
        try:
            work_on(claimed)
            self._is_there()
        except UNAVAILABLE as error:
            self._is_away(error)

    def _is_away(self, error: Exception) -> None:
        if not self._away:
            log.warning("the database is unavailable, and waited for: %s", reason(error))
        self._away = True

    def _is_there(self) -> None:
        if self._away:
            log.warning("the database is back")
        self._away = False


def worker() -> Worker[Claimed]:
    """A worker on the callbacks."""
    work = Work()
    return Worker(work.find, work.do)
