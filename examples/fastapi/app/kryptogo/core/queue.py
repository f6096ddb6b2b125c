# kgscaffold:id=core/queue
"""The callbacks table: the idempotency key and the work queue in one."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from ..config import sessions
from .database import Tx, in_transaction
from .model import RECHECK, Callback, State, now
from .payload import Delivery
from .tables import ATTEMPTS, callbacks, payments

LEASE = timedelta(seconds=120)
PAUSE = timedelta(seconds=10)
"""Deliveries bring the next look at an intent forward, but not closer than this to the last."""
MAX_UNREGISTERED = 1000
KEEP_UNREGISTERED = timedelta(days=7)
c = callbacks.c
KEY = [c.payment_intent_id, c.status]
WAITING = c.state.in_([State.PENDING, State.APPLIED])
OWED = sa.case(
    (sa.and_(c.state == State.DEAD, c.applied_status.is_not(None)), State.APPLIED),
    else_=State.PENDING,
)


def opened(state: object = State.PENDING) -> dict[str, Any]:
    """A callback to which everything is owed anew, at once."""
    at, no_attempts = now(), dict.fromkeys(ATTEMPTS[1:], 0)
    return {"state": state, "outcome": None, "opened_at": at, "next_attempt_at": at, **no_attempts}


async def accept(delivery: Delivery, keep_unregistered: bool) -> State | None:
    """Store a delivery in one statement, which waits for no payment.

    Its state, or None where it was not kept. Raises the database's own errors when it is down.
    """
    at = now()
    times = ("next_attempt_at", "opened_at", "first_received_at", "last_received_at")
    row = {"id": uuid4().hex, **vars(delivery), "deliveries": 1, **dict.fromkeys(times, at)}
    registered = sa.exists().where(payments.c.payment_intent_id == delivery.payment_intent_id)
    new = sa.select(
        *(sa.literal(value, c[name].type) for name, value in row.items()),
        sa.case((registered, State.PENDING), else_=State.UNREGISTERED),
    ).where(sa.true() if keep_unregistered else registered)
    statement = insert(callbacks).from_select([*row, "state"], new)
    statement = statement.on_conflict_do_update(
        index_elements=KEY, set_=_delivered_again(statement.excluded, at)
    )
    async with sessions.begin() as tx:
        state = (await tx.execute(statement.returning(c.state))).scalar_one_or_none()
    if state == State.UNREGISTERED:
        await forget_unregistered()
    return State(state) if state else None


def _delivered_again(new: Any, at: datetime) -> dict[str, Any]:
    """A waiting row is due now, at most every 10 s; a closed one may open again."""
    never_applied = c.outcome.in_(["stale", "unrelated", "conflict"])
    minute_ago = at - timedelta(minutes=1)
    opens = sa.or_(
        sa.and_(c.state == State.UNREGISTERED, new.state == State.PENDING),
        c.state.in_([State.REJECTED, State.DEAD]),
        sa.and_(c.state == State.DONE, c.status == RECHECK),
        sa.and_(c.state == State.DONE, never_applied, c.processed_at <= minute_ago),
    )
    soon = sa.case((c.lease_until > at - PAUSE, at + PAUSE), else_=at)
    sooner = sa.or_(opens, sa.and_(WAITING, c.next_attempt_at > soon))
    return {
        **{name: sa.case((opens, value), else_=c[name]) for name, value in opened(OWED).items()},
        "next_attempt_at": sa.case((sooner, soon), else_=c.next_attempt_at),
        "deliveries": c.deliveries + 1,
        "last_received_at": at,
        "claimed_status": new.claimed_status,
        "payload": new.payload,
    }


def _claimable(at: datetime) -> sa.ColumnElement[bool]:
    free = sa.or_(c.lease_token.is_(None), c.lease_until < at)
    return sa.and_(WAITING, c.next_attempt_at <= at, free)


async def due(limit: int) -> list[str]:
    """The ids of callbacks that may be claimed now, longest due first."""
    query = sa.select(c.id).where(_claimable(now())).order_by(c.next_attempt_at).limit(limit)
    async with sessions() as tx:
        return list(await tx.scalars(query))


async def claim(callback_id: str) -> Callback | None:
    """The callback, leased to the caller, or None where another was faster."""
    at = now()
    statement = (
        sa.update(callbacks)
        .where(c.id == callback_id, _claimable(at))
        .values(lease_token=uuid4().hex, lease_until=at + LEASE, attempts=c.attempts + 1)
        .returning(*(c[name] for name in Callback.__dataclass_fields__))
    )
    async with sessions.begin() as tx:
        row = (await tx.execute(statement)).one_or_none()
    return Callback(**{**row._mapping, "state": State(row.state)}) if row else None


async def write(
    tx: Tx, callback: Callback, values: dict[str, Any], *, unless_redelivered: bool = False
) -> bool:
    """Write to a claimed callback and end its lease; False where that is not its holder's any more.

    `lease_until` keeps when the attempt ended.
    """
    fence = [c.id == callback.id, c.lease_token == callback.lease_token, c.state == callback.state]
    if unless_redelivered:
        fence.append(c.deliveries == callback.deliveries)
    ended = {"lease_token": None, "lease_until": now()}
    return bool(await _update(tx, sa.and_(*fence), {**values, **ended}))


async def adopt(tx: Tx, intent_id: str | None = None) -> None:
    """Owe the work of callbacks that came before their intent was registered."""
    registered = sa.select(payments.c.payment_intent_id)
    known = c.payment_intent_id == intent_id if intent_id else c.payment_intent_id.in_(registered)
    await _update(tx, sa.and_(c.state == State.UNREGISTERED, known), opened())


async def reopen(tx: Tx, intent_id: str) -> int:
    """How many dead, rejected and held callbacks of an intent are owed again."""
    closed = sa.or_(c.state.in_([State.DEAD, State.REJECTED]), c.outcome == "conflict")
    return await _update(tx, sa.and_(c.payment_intent_id == intent_id, closed), opened(OWED))


async def reopen_dead(tx: Tx) -> int:
    """How many dead callbacks are owed again."""
    return await _update(tx, c.state == State.DEAD, opened(OWED))


async def _update(tx: Tx, chosen: sa.ColumnElement[bool], values: dict[str, Any]) -> int:
    statement = sa.update(callbacks).where(chosen).values(values)
    return len((await tx.execute(statement.returning(c.id))).all())


async def owe(tx: Tx, intent_id: str, status: str) -> bool:
    """Owe the `after_commit` of a status, or a look (RECHECK); False where it is still owed."""
    at, applied = now(), None if status == RECHECK else status
    state = State.APPLIED if applied else State.PENDING
    owed = {**opened(state), "applied_status": applied, "claimed_status": None}
    key = {"id": uuid4().hex, "payment_intent_id": intent_id, "status": status}
    blank = {"payload": {}, "deliveries": 0, "first_received_at": at, "last_received_at": at}
    statement = (
        insert(callbacks)
        .values(**key, **blank, **owed)
        .on_conflict_do_update(index_elements=KEY, set_=owed, where=~WAITING)
    )
    return (await tx.execute(statement.returning(c.id))).one_or_none() is not None


async def forget_unregistered() -> None:
    """Keep at most 1,000 unknown intents, the latest ones, for 7 days."""
    unregistered, last = c.state == State.UNREGISTERED, sa.func.max(c.last_received_at)
    intents = sa.select(c.payment_intent_id).where(unregistered).group_by(c.payment_intent_id)
    surplus = intents.order_by(last.desc()).offset(MAX_UNREGISTERED)
    async with sessions() as tx:
        doomed = list(await tx.scalars(surplus))
        doomed += await tx.scalars(intents.having(last < now() - KEEP_UNREGISTERED))
    if doomed:
        statement = sa.delete(callbacks).where(unregistered, c.payment_intent_id.in_(doomed))
        await in_transaction(lambda tx: tx.execute(statement))


async def of_intent(intent_id: str) -> list[dict[str, Any]]:
    """The intent's callbacks as they stand, for a person."""
    query = sa.select(callbacks).where(c.payment_intent_id == intent_id)
    async with sessions() as tx:
        rows = await tx.execute(query.order_by(c.first_received_at))
        return [dict(row._mapping) for row in rows]
