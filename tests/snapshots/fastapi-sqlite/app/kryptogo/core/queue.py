# kgscaffold:id=core/queue
"""The callbacks table: the idempotency key and the work queue in one."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from . import statements
from .database import Tx, in_transaction
from .dialect import begin, reading
from .model import RECHECK, Callback, State, now
from .payload import Delivery
from .schedule import FAILURE_SECONDS, longest_wait, opened

LEASE = timedelta(seconds=120)
PAUSE = timedelta(seconds=10)
"""Deliveries bring the next look at an intent forward, but not closer than this to the last."""
KEEP_UNREGISTERED = timedelta(days=7)


async def accept(delivery: Delivery, keep_unregistered: bool) -> State | None:
    """Store a delivery in one statement, which waits for no payment.

    Its state, or None where it was not kept. Raises the database's own errors when it is down.
    """
    at = now()
    times = {"at": at, "pause_ago": at - PAUSE, "rested": at + PAUSE}
    values = {
        "new_id": uuid4().hex,
        "new_intent_id": delivery.payment_intent_id,
        "new_status": delivery.status,
        "new_claim": delivery.claimed_status,
        "new_payload": delivery.payload,
        "keep_unregistered": keep_unregistered,
        "minute_ago": at - timedelta(minutes=1),
    }
    async with begin(urgent=True, single=True) as tx:
        state = (await tx.execute(statements.ACCEPT, values | times)).scalar_one_or_none()
    if state == State.UNREGISTERED and (surplus := await _surplus()):
        async with begin(urgent=True, single=True) as tx:
            await _forget(tx, surplus)
    return State(state) if state else None


async def due(limit: int) -> list[str]:
    """The ids of callbacks that may be claimed now, longest due first."""
    async with reading() as tx:
        return list(await tx.scalars(statements.DUE, {"at": now(), "limit": limit}))


async def claim(callback_ids: list[str]) -> list[Callback]:
    """The callbacks, leased to the caller, without those for which another was faster."""
    at = now()
    lease = {"lease_token": uuid4().hex, "lease_until": at + LEASE}
    async with begin(single=True) as tx:
        rows = await tx.execute(statements.CLAIM, {"callback_ids": callback_ids, "at": at, **lease})
        return [Callback(**{**row._mapping, "state": State(row.state)}) for row in rows]


async def write(
    tx: Tx,
    callback: Callback,
    values: dict[str, Any],
    *,
    unless_redelivered: bool = False,
    keep_lease: bool = False,
) -> bool:
    """Write to a claimed callback; False where the lease is not its holder's any more.

    Its lease ends, and `lease_until` keeps when, or begins anew where the holder goes on.
    """
    at = now()
    lease = {"lease_until": at + LEASE} if keep_lease else {"lease_token": None, "lease_until": at}
    held: dict[str, object] = {
        "callback_id": callback.id,
        "held_token": callback.lease_token,
        "held_state": callback.state,
    }
    if unless_redelivered:
        held["held_deliveries"] = callback.deliveries
        written = await tx.execute(statements.WRITE_UNLESS_REDELIVERED, held | values | lease)
    else:
        written = await tx.execute(statements.WRITE, held | values | lease)
    return written.one_or_none() is not None


async def adopt(tx: Tx, intent_id: str | None = None) -> None:
    """Owe the work of callbacks that came before their intent was registered."""
    if intent_id:
        await tx.execute(statements.ADOPT_OF_INTENT, {"at": now(), "intent_id": intent_id})
    else:
        await tx.execute(statements.ADOPT_REGISTERED, {"at": now()})


async def take_up_the_late(tx: Tx) -> None:
    """Make due what waits, or is leased, for longer than can be: the clock was set back."""
    at = now()
    waits = {f"latest_{n}": at + longest_wait(n) for n in range(len(FAILURE_SECONDS) + 1)}
    await tx.execute(statements.TAKE_UP_THE_LATE, {"at": at, "leased": at + 2 * LEASE, **waits})


async def reopen(tx: Tx, intent_id: str) -> int:
    """How many dead, rejected and held callbacks of an intent are owed again."""
    return len((await tx.execute(statements.REOPEN, {"at": now(), "intent_id": intent_id})).all())


async def reopen_dead(tx: Tx) -> int:
    """How many dead callbacks are owed again."""
    return len((await tx.execute(statements.REOPEN_DEAD, {"at": now()})).all())


async def owe(tx: Tx, intent_id: str, status: str) -> bool:
    """Owe the `after_commit` of a status, or a look (RECHECK); False where it is still owed."""
    at, applied = now(), None if status == RECHECK else status
    state = State.APPLIED if applied else State.PENDING
    owed = {**opened(state, at), "applied_status": applied, "claimed_status": None}
    key = {"id": uuid4().hex, "payment_intent_id": intent_id, "status": status}
    blank = {"payload": {}, "deliveries": 0, "first_received_at": at, "last_received_at": at}
    return (await tx.execute(statements.OWE, key | blank | owed)).one_or_none() is not None


async def forget_unregistered() -> None:
    """Keep at most 1,000 unknown intents, the latest ones, for 7 days."""
    if surplus := await _surplus():
        await in_transaction(_forget, surplus)


async def _surplus() -> list[str]:
    async with reading() as tx:
        surplus = list(await tx.scalars(statements.TOO_MANY))
        kept = {"kept_since": now() - KEEP_UNREGISTERED}
        return surplus + list(await tx.scalars(statements.TOO_OLD, kept))


async def _forget(tx: Tx, intent_ids: list[str]) -> None:
    await tx.execute(statements.FORGET, {"surplus": intent_ids})


async def of_intent(intent_id: str) -> list[dict[str, Any]]:
    """The intent's callbacks as they stand, for a person."""
    async with reading() as tx:
        rows = await tx.execute(statements.OF_INTENT, {"intent_id": intent_id})
        return [dict(row._mapping) for row in rows]
