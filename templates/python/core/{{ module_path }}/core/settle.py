# kgscaffold:id=core/settle
"""From a delivery to a settled payment: store, claim, ask KryptoGO, decide in one transaction."""

import logging
from datetime import datetime
from time import monotonic

from ..handlers import BY_STATUS
from . import store
from .client import ProviderError, get_intent
from .concurrency import Worker, time_limit, together
from .database import Tx, reason, statement, transaction, without_values
from .decision import (
    Case,
    HandlerFailed,
    LeaseLost,
    Owed,
    finish,
    record,
    released,
    run_handler,
    settle,
)
from .dialect import UNAVAILABLE, is_transient, reading
from .model import Callback, CallbackChange, Intent, PaymentEvent, State, Status, now
from .queue import claim, sweep
from .rules import LEASE, after_change, after_failure

AT_ONCE = 8
LOOK_AHEAD = 64
"""How many due callbacks are looked up at once: some are another worker's when their turn comes."""
SWEEP_SECONDS = 30
LOOK_SECONDS = 60
"""The bound of a look at the tables, on an engine that has none of its own."""
log = logging.getLogger(__name__)


class Overtaken(Exception):
    """Since KryptoGO was asked, another worker has settled the payment."""


async def process(callback: Callback) -> None:
    """Take a claimed callback as far as it goes now, and write down what is still owed."""
    try:
        if callback.state == State.PENDING:
            owed = await _settle(callback)
        else:
            owed = await _owed(callback)
        if owed:
            callback = owed.callback
            await _after_commit(owed)
    except LeaseLost:
        log.info("callback %s: the lease was lost", callback.id)
    except Exception as error:
        if is_transient(error):
            raise
        await _fail(callback, error)


async def _settle(callback: Callback) -> Owed | None:
    """Ask KryptoGO and decide; again where another worker was faster. What is still owed."""
    while payment := await store.get_payment(callback.payment_intent_id):
        intent = await get_intent(callback.payment_intent_id)
        try:
            return await transaction(
                _decide, callback, payment.order_id, payment.last_verified_at, intent
            )
        except Overtaken:
            continue
    await transaction(finish, callback, {"state": State.UNREGISTERED}, now())
    return None


async def _decide(
    tx: Tx, callback: Callback, order_id: str, verified: datetime | None, intent: Intent | None
) -> Owed | None:
    """Settle, unless the payment was `verified` again since KryptoGO was asked: Overtaken.

    What was seen is compared, not two clocks: those that differ cannot mislead it.
    """
    at = now()
    locked = await store.lock_order(tx, order_id, at)
    payment = locked.pop(callback.payment_intent_id)
    if payment.last_verified_at != verified:
        raise Overtaken
    paid = any(other.status == Status.SUCCESS for other in locked.values())
    return await settle(tx, Case(callback, payment, paid, intent, at))


async def _owed(callback: Callback) -> Owed:
    """What a callback was left with by a failure or a crash, as its handler saw it."""
    intent_id, applied = callback.payment_intent_id, callback.applied_status
    payment = await store.get_payment(intent_id)
    if payment is None:
        raise LookupError(f"payment {intent_id} is gone")
    async with reading() as tx:
        history = await store.history_of(tx, intent_id)
    told = [one["detail"] for one in history if one["outcome"] == "applied"]
    detail = next(detail for detail in reversed(told) if detail["status"] == applied)
    event = {name: detail[name] for name in PaymentEvent.__dataclass_fields__}
    event["status"], event["from_status"] = Status(event["status"]), Status(event["from_status"])
    return Owed(callback, payment, PaymentEvent(**event))


async def _after_commit(owed: Owed) -> None:
    handler = BY_STATUS[owed.event.status]
    if handler.after_commit:
        await run_handler(handler.after_commit, owed.payment, owed.event)
    at = now()
    verdict = after_change(owed.callback, owed.payment.status, owed.event.status, at)
    await statement(finish, owed.callback, verdict, at)


async def _fail(callback: Callback, error: Exception) -> None:
    """Schedule the next attempt, or give the callback up as dead."""
    told = str(error) if isinstance(error, HandlerFailed | ProviderError) else reason(error)
    storable = told.encode(errors="replace").decode().replace("\0", "?")[:255]
    at = now()
    change = after_failure(callback, storable, at)
    await transaction(_write_failure, callback, change, at)
    dead = change.get("state") == State.DEAD
    then = "given up" if dead else f"tried again at {change['next_attempt_at']:%H:%M:%S} UTC"
    what = f"{callback.status}{'' if callback.state == State.PENDING else ', after_commit'}"
    line = f"intent {callback.payment_intent_id}: {what} failed, {then}: {told}"
    new = callback.attempts <= 1 or callback.last_error != storable
    of_handler = new and not isinstance(error, ProviderError)
    traceback = without_values(error.__cause__ or error) if of_handler else None
    log.log(logging.ERROR if dead else logging.WARNING, "%s", line, exc_info=traceback)


async def _write_failure(tx: Tx, callback: Callback, change: CallbackChange, at: datetime) -> None:
    if await store.update_callback(tx, callback, {**change, **released(at)}):
        if change.get("state") == State.DEAD:
            await record(tx, callback, "dead", None, callback.applied_status, change["last_error"])


async def process_due() -> int:
    """Process all that is due now; how many callbacks. For cron, and hosts without a worker.

    Raises the database's own errors when it is down, or takes no writes.
    """
    await sweep()
    done = 0
    while ids := await store.due_callbacks(now(), AT_ONCE):
        claimed = await claim(ids)
        await together(work_on, claimed)
        done += len(claimed)
    return done


async def work_on(callback: Callback) -> None:
    """Process a claimed callback as far as it goes. Raises TimeoutError when its lease is over."""
    # Another worker may have it then: no use in waiting any longer.
    async with time_limit(LEASE.total_seconds()):
        await process(callback)


class Work:
    """What a worker has to do: it sweeps now and then, and waits for a database that is away."""

    def __init__(self) -> None:
        self._ids: list[str] = []
        self._next_sweep = 0.0
        self._away = False

    async def find(self, places: int) -> list[Callback]:
        """Callbacks to be processed, claimed."""
        try:
            async with time_limit(LOOK_SECONDS):
                if self._away or monotonic() >= self._next_sweep:
                    self._next_sweep = monotonic() + SWEEP_SECONDS
                    await sweep()
                    self._is_there()
                return await self._claim(places)
        except UNAVAILABLE as error:
            self._is_away(error)
            return []

    async def _claim(self, places: int) -> list[Callback]:
        self._ids = self._ids or await store.due_callbacks(now(), LOOK_AHEAD)
        while self._ids:
            ids, self._ids = self._ids[:places], self._ids[places:]
            if claimed := await claim(ids):
                return claimed
        return []

    async def do(self, callback: Callback) -> None:
        """Process one."""
        try:
            await work_on(callback)
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


def worker() -> Worker[Callback]:
    """A worker on the callbacks."""
    work = Work()
    return Worker(work.find, work.do)
