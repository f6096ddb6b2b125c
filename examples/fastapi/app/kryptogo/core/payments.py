# kgscaffold:id=core/payments
"""The payments and their history. Statements are built once, here, and given values."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from .database import Tx
from .dialect import insert, reading
from .model import Payment, PaymentEvent, Status, now
from .tables import constant, given, history, payments

p = payments.c
h = history.c
OWN = p.payment_intent_id == given("intent_id", p.payment_intent_id)
PAYMENT = [p[name] for name in Payment.__dataclass_fields__]
PAYMENTS = sa.select(*PAYMENT).order_by(p.created_at, p.payment_intent_id)
OF_INTENT = PAYMENTS.where(OWN)
OF_ORDER = PAYMENTS.where(p.order_id == given("of_order", p.order_id))
TO_CHECK = PAYMENTS.where(p.next_check_at <= given("at", p.next_check_at))
TO_REVIEW = PAYMENTS.where(p.needs_review)
LATEST = sa.select(*PAYMENT).order_by(p.created_at.desc(), p.payment_intent_id)
LATEST = LATEST.limit(sa.bindparam("number", type_=sa.Integer))
LATEST_OF_STATUS = LATEST.where(p.status == given("of_status", p.status))
SAME_ORDER = p.order_id == sa.select(p.order_id).where(OWN).scalar_subquery()
OF_SAME_ORDER = PAYMENTS.where(SAME_ORDER)
SIBLINGS = sa.select(p.payment_intent_id, p.last_verified_at).where(SAME_ORDER)
SAVE = sa.update(payments).where(OWN)
INSERT_NEW = insert(payments).on_conflict_do_nothing().returning(p.payment_intent_id)
RECORD = sa.insert(history)
OWN_HISTORY = h.payment_intent_id == given("intent_id", h.payment_intent_id)
TO_STATUS = sa.and_(OWN_HISTORY, h.to_status == given("status", h.to_status))
APPLIED = sa.select(h.applied_status).where(OWN_HISTORY, h.applied_status.is_not(None))
CONFLICTS = sa.select(h.detail).where(TO_STATUS, h.outcome == constant("conflict"))
LAST_EVENT = sa.select(h.detail).where(TO_STATUS, h.outcome == constant("applied"))
LAST_EVENT = LAST_EVENT.order_by(h.created_at.desc()).limit(1)
HISTORY = sa.select(history).where(OWN_HISTORY).order_by(h.created_at)


def _payment(row: sa.Row[Any]) -> Payment:
    return Payment(**{**row._mapping, "status": Status(row.status)})


async def get(intent_id: str) -> Payment | None:
    """The registered payment of an intent."""
    found = await find(OF_INTENT, intent_id=intent_id)
    return found[0] if found else None


async def of_order(order_id: str) -> list[Payment]:
    """The payments of an order, oldest first."""
    return await find(OF_ORDER, of_order=order_id)


async def to_check(at: datetime) -> list[Payment]:
    """The payments whose next check is due."""
    return await find(TO_CHECK, at=at)


async def to_review() -> list[Payment]:
    """The payments that wait for a person."""
    return await find(TO_REVIEW)


async def latest(limit: int, status: Status | None) -> list[Payment]:
    """The latest payments, of all or of one status, the newest first."""
    if status is None:
        return await find(LATEST, number=limit)
    return await find(LATEST_OF_STATUS, number=limit, of_status=status)


async def find(query: sa.Select[Any], **values: object) -> list[Payment]:
    """The payments that a `query` of PAYMENT gives, with its values."""
    async with reading() as tx:
        return [_payment(row) for row in await tx.execute(query, values)]


async def insert_new(tx: Tx, values: dict[str, Any]) -> Payment | None:
    """None where the payment is new and now stored; else the one that was there before, locked."""
    if (await tx.execute(INSERT_NEW, values)).one_or_none():
        return None
    return (await lock(tx, [values["payment_intent_id"]]))[values["payment_intent_id"]]


async def siblings(intent_id: str) -> dict[str, datetime | None]:
    """The intents of the same order, and when each was verified last; none if not registered."""
    async with reading() as tx:
        rows = await tx.execute(SIBLINGS, {"intent_id": intent_id})
        return {row.payment_intent_id: row.last_verified_at for row in rows}


async def lock(tx: Tx, intent_ids: list[str]) -> dict[str, Payment]:
    """Lock the payments by writing to them, in id order; every payment of their order, by id.

    The first statement of a transaction: on every database a write is the lock.
    """
    for intent_id in sorted(intent_ids):
        await save(tx, intent_id, {})
    rows = await tx.execute(OF_SAME_ORDER, {"intent_id": intent_ids[0]})
    return {row.payment_intent_id: _payment(row) for row in rows}


async def save(tx: Tx, intent_id: str, values: dict[str, Any]) -> None:
    """Write to a payment."""
    await tx.execute(SAVE, {"intent_id": intent_id, "updated_at": now(), **values})


async def record(tx: Tx, intent_id: str, outcome: str, source: str, **values: Any) -> None:
    """Append one decision to the payment's history; `values` are its further columns."""
    row = {"payment_intent_id": intent_id, "outcome": outcome, "source": source, **values}
    await tx.execute(RECORD, {"id": uuid4().hex, "created_at": now(), **row})


async def applied(tx: Tx, intent_id: str) -> set[str]:
    """The statuses whose handlers have run for the payment."""
    return set(await tx.scalars(APPLIED, {"intent_id": intent_id}))


async def is_held(tx: Tx, intent_id: str, reason: str, api_status: str) -> bool:
    """Whether a conflict for this reason and API status stands in the history already."""
    details = await tx.scalars(CONFLICTS, {"intent_id": intent_id, "status": api_status})
    return any(detail.get("reason") == reason for detail in details)


async def last_event(intent_id: str, status: str) -> PaymentEvent:
    """The event with which `status` was applied last, as its handler saw it."""
    async with reading() as tx:
        found = await tx.scalars(LAST_EVENT, {"intent_id": intent_id, "status": status})
        detail = found.one()
    event = {name: detail[name] for name in PaymentEvent.__dataclass_fields__}
    statuses = {"status": Status(status), "from_status": Status(event["from_status"])}
    return PaymentEvent(**{**event, **statuses})


async def history_of(intent_id: str) -> list[dict[str, Any]]:
    """Every decision about the payment, oldest first."""
    async with reading() as tx:
        rows = await tx.execute(HISTORY, {"intent_id": intent_id})
        return [dict(row._mapping) for row in rows]
