# kgscaffold:id=core/settle
"""From a claimed callback to a settled payment: ask KryptoGO, then decide in one transaction."""

import logging
from contextlib import suppress
from datetime import datetime
from typing import Any

from ..handlers import BY_STATUS
from . import payments, queue
from .change import HandlerFailed, run_handler
from .client import ProviderError, get_intent
from .database import Tx, in_transaction, is_transient, reason, without_values
from .decision import Announcement, Case, settle
from .model import Callback, Intent, State, Status, now
from .schedule import after_failure
from .verdict import LeaseLost, after_change, finish, record

log = logging.getLogger(__name__)


class Overtaken(Exception):
    """Since KryptoGO was asked, another worker has settled, or the order has a new payment."""


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
    except ProviderError as error:
        await _fail(callback, "provider_attempts", error)
    except Exception as error:
        if is_transient(error):
            raise
        await _fail(callback, "handler_attempts", error)


async def _fail(callback: Callback, counter: str, error: Exception) -> None:
    """Schedule the next attempt, or give the callback up as dead."""
    told = str(error) if isinstance(error, HandlerFailed | ProviderError) else reason(error)
    storable = told.encode(errors="replace").decode().replace("\0", "?")
    values = after_failure(callback, counter, storable[:255])
    await in_transaction(_write_failure, callback, values)
    dead = values.get("state") == State.DEAD
    then = "given up" if dead else f"tried again at {values['next_attempt_at']:%H:%M:%S} UTC"
    what = f"{callback.status}{'' if callback.state == State.PENDING else ', after_commit'}"
    line = f"intent {callback.payment_intent_id}: {what} failed, {then}: {told}"
    new_in_handler = counter == "handler_attempts" and callback.handler_attempts == 0
    traceback = without_values(error.__cause__ or error) if new_in_handler else None
    log.log(logging.ERROR if dead else logging.WARNING, "%s", line, exc_info=traceback)


async def _write_failure(tx: Tx, callback: Callback, values: dict[str, Any]) -> None:
    if await queue.write(tx, callback, values) and values.get("state") == State.DEAD:
        await record(tx, callback, "dead", None, callback.applied_status, values["last_error"])


async def _settle(callback: Callback) -> Announcement | None:
    while seen := await payments.siblings(callback.payment_intent_id):
        intent = await get_intent(callback.payment_intent_id)
        with suppress(Overtaken):
            return await in_transaction(_decide, callback, seen, intent)
    await in_transaction(finish, callback, {"state": State.UNREGISTERED})
    return None


async def _decide(
    tx: Tx, callback: Callback, seen: dict[str, datetime | None], intent: Intent | None
) -> Announcement | None:
    """Settle, unless what was `seen` before KryptoGO was asked has changed: raises Overtaken.

    Clocks that differ cannot mislead it.
    """
    locked = await payments.lock(tx, list(seen))
    payment = locked.pop(callback.payment_intent_id)
    overtaken = payment.last_verified_at != seen[payment.payment_intent_id]
    if overtaken or not locked.keys() <= seen.keys():
        raise Overtaken
    paid = any(one.status == Status.SUCCESS for one in locked.values())
    return await settle(tx, Case(callback, payment, paid, intent, now()))


async def _owed(callback: Callback) -> Announcement:
    """What a callback was left with by a failure or a crash, as its handler saw it."""
    payment = await payments.get(callback.payment_intent_id)
    if payment is None:
        raise LookupError(f"payment {callback.payment_intent_id} is gone")
    event = await payments.last_event(payment.payment_intent_id, callback.applied_status or "")
    return Announcement(callback, payment, event)


async def _after_commit(owed: Announcement) -> None:
    applied = owed.event.status
    if after_commit := getattr(BY_STATUS[applied], "after_commit", None):
        await run_handler(after_commit(owed.payment, owed.event))
    verdict = after_change(owed.callback, owed.payment.status, applied)
    await in_transaction(finish, owed.callback, verdict)
