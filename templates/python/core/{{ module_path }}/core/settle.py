# kgscaffold:id=core/settle
"""From a claimed callback to a settled payment: ask KryptoGO, then decide in one transaction."""

import logging
from datetime import datetime
from typing import Any

from ..handlers import BY_STATUS
from . import payments, queue
from .change import run_handler
from .client import ProviderError, get_intent
from .database import Tx, in_transaction, is_transient
from .decision import Case, settle
from .model import Callback, Intent, State, Status, now
from .schedule import after_failure
from .verdict import LeaseLost, after_change, finish, record

log = logging.getLogger(__name__)


async def process(callback: Callback) -> None:
    """Take a claimed callback one state further, and write down what is still owed."""
    try:
        await (_settle if callback.state == State.PENDING else _after_commit)(callback)
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
    storable = str(error).encode(errors="replace").decode().replace("\0", "?")
    values = after_failure(callback, counter, storable[:255])
    await in_transaction(_write_failure, callback, values)
    dead = values.get("state") == State.DEAD
    then = "given up" if dead else f"tried again at {values['next_attempt_at']:%H:%M:%S} UTC"
    what = f"{callback.status}{'' if callback.state == State.PENDING else ', after_commit'}"
    told = f"intent {callback.payment_intent_id}: {what} failed, {then}: {error}"
    new_in_handler = counter == "handler_attempts" and callback.handler_attempts == 0
    traceback = (error.__cause__ or error) if new_in_handler else None
    log.log(logging.ERROR if dead else logging.WARNING, "%s", told, exc_info=traceback)


async def _write_failure(tx: Tx, callback: Callback, values: dict[str, Any]) -> None:
    if await queue.write(tx, callback, values) and values.get("state") == State.DEAD:
        await record(tx, callback, "dead", None, callback.applied_status, values["last_error"])


async def _settle(callback: Callback) -> None:
    while seen := await payments.siblings(callback.payment_intent_id):
        intent = await get_intent(callback.payment_intent_id)
        if await in_transaction(_decide, callback, seen, intent):
            return
    await in_transaction(finish, callback, {"state": State.UNREGISTERED})


async def _decide(
    tx: Tx, callback: Callback, seen: dict[str, datetime | None], intent: Intent | None
) -> bool:
    """False where the answer was overtaken: by another's, or by a new payment of the order.

    `seen` was read before KryptoGO was asked. Clocks that differ cannot mislead it.
    """
    locked = await payments.lock(tx, list(seen))
    payment = locked.pop(callback.payment_intent_id)
    overtaken = payment.last_verified_at != seen[payment.payment_intent_id]
    if overtaken or not locked.keys() <= seen.keys():
        return False
    paid = any(one.status == Status.SUCCESS for one in locked.values())
    await settle(tx, Case(callback, payment, paid, intent, now()))
    return True


async def _after_commit(callback: Callback) -> None:
    applied = Status(callback.applied_status or "")
    payment = await payments.get(callback.payment_intent_id)
    if payment is None:
        raise LookupError(f"payment {callback.payment_intent_id} is gone")
    if after_commit := getattr(BY_STATUS[applied], "after_commit", None):
        event = await payments.last_event(payment.payment_intent_id, applied)
        await run_handler(after_commit(payment, event))
    await in_transaction(finish, callback, after_change(callback, payment.status, applied))
