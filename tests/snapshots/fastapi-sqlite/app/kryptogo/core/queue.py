# kgscaffold:id=core/queue
"""The callbacks as idempotency keys and work queue in one: how they come in."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from . import store
from .database import Tx, transaction
from .dialect import acknowledging
from .model import RECHECK, Delivery, State, Status, now
from .schedule import WAITING, delivered_again, opened

# Of a thousand: those that are being stored at one moment do not see each other.
MAX_UNREGISTERED = 950
KEEP_UNREGISTERED = timedelta(days=7)
AGAIN_SECONDS = 2
"""For how long a delivery or a claim is tried again after a deadlock, or an ended connection."""


async def accept(delivery: Delivery, keep_unregistered: bool) -> bool:
    """Store a delivery without waiting for a payment's lock; False where it is not to be kept.

    Raises the database's own errors when it is down.
    """
    if not keep_unregistered and await store.get_payment(delivery.payment_intent_id) is None:
        return False
    await transaction(partial(_accept, delivery), acknowledging, AGAIN_SECONDS)
    return True


async def _accept(delivery: Delivery, tx: Tx) -> None:
    at, intent_id = now(), delivery.payment_intent_id
    row = _new(intent_id, delivery.status, at)
    row |= {"claimed_status": delivery.claimed_status, "payload": delivery.payload, "deliveries": 1}
    while True:
        state = await store.accept(tx, row)
        if state == State.UNREGISTERED:
            await store.trim_unregistered(tx, MAX_UNREGISTERED, at - KEEP_UNREGISTERED)
        if state:
            return
        # Again where another delivery, or a worker, was faster, or it was trimmed meanwhile.
        if seen := await store.callback(tx, intent_id, delivery.status):
            then = delivered_again(seen, delivery, at)
            if await store.update_callback(tx, seen, then, delivered=True):
                return


async def owe(tx: Tx, intent_id: str, status: str) -> bool:
    """Owe the `after_commit` of a status, or a look (RECHECK); False where it is still owed."""
    at = now()
    applied = None if status == RECHECK else Status(status)
    state = State.APPLIED if applied else State.PENDING
    row = _new(intent_id, status, at) | {"state": state, "applied_status": applied}
    if await store.insert_callback(tx, row):
        return True
    seen = await store.callback(tx, intent_id, status)
    if seen is None or seen.state in WAITING:
        return False
    again = replace(opened(seen, at), state=state, applied_status=applied, claimed_status=None)
    return await store.update_callback(tx, seen, again)


def _new(intent_id: str, status: str, at: datetime) -> dict[str, object]:
    return {
        "id": uuid4().hex,
        "payment_intent_id": intent_id,
        "status": status,
        "payload": {},
        "deliveries": 0,
        "attempts": 0,
        "next_attempt_at": at,
        "first_received_at": at,
        "last_received_at": at,
    }
