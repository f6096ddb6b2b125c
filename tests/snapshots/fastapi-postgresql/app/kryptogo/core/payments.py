# kgscaffold:id=core/payments
"""The payments and their history."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from ..config import sessions
from .database import Tx
from .model import Payment, PaymentEvent, Status, now
from .tables import history, payments

p = payments.c
h = history.c
PAYMENT = [p[name] for name in Payment.__dataclass_fields__]


def _payment(row: sa.Row[Any]) -> Payment:
    return Payment(**{**row._mapping, "status": Status(row.status)})


async def get(intent_id: str) -> Payment | None:
    """The registered payment of an intent."""
    found = await find(p.payment_intent_id == intent_id)
    return found[0] if found else None


async def of_order(order_id: str) -> list[Payment]:
    """The payments of an order, oldest first."""
    return await find(p.order_id == order_id)


async def to_check(at: datetime) -> list[Payment]:
    """The payments whose next check is due."""
    return await find(p.next_check_at <= at)


async def to_review() -> list[Payment]:
    """The payments that wait for a person."""
    return await find(p.needs_review)


async def find(condition: sa.ColumnElement[bool]) -> list[Payment]:
    """The payments that meet `condition`, oldest first."""
    query = sa.select(*PAYMENT).where(condition).order_by(p.created_at, p.payment_intent_id)
    async with sessions() as tx:
        return [_payment(row) for row in await tx.execute(query)]


async def insert_new(tx: Tx, values: dict[str, Any]) -> Payment | None:
    """None where the payment is new and now stored; else the one that was there before, locked."""
    new = insert(payments).values(**values).on_conflict_do_nothing().returning(p.payment_intent_id)
    if (await tx.execute(new)).one_or_none():
        return None
    return (await lock(tx, [values["payment_intent_id"]]))[values["payment_intent_id"]]


async def siblings(intent_id: str) -> dict[str, datetime | None]:
    """The intents of the same order, and when each was verified last; none if not registered."""
    return {
        payment.payment_intent_id: payment.last_verified_at
        for payment in await find(_same_order(intent_id))
    }


async def lock(tx: Tx, intent_ids: list[str]) -> dict[str, Payment]:
    """Lock the payments by writing to them, in id order; every payment of their order, by id.

    The first statement of a transaction: on every database a write is the lock.
    """
    for intent_id in sorted(intent_ids):
        await save(tx, intent_id, {})
    rows = await tx.execute(sa.select(*PAYMENT).where(_same_order(intent_ids[0])))
    return {row.payment_intent_id: _payment(row) for row in rows}


def _same_order(intent_id: str) -> sa.ColumnElement[bool]:
    order = sa.select(p.order_id).where(p.payment_intent_id == intent_id)
    return p.order_id == order.scalar_subquery()


async def save(tx: Tx, intent_id: str, values: dict[str, Any]) -> None:
    """Write to a payment."""
    statement = sa.update(payments).where(p.payment_intent_id == intent_id)
    await tx.execute(statement.values(updated_at=now(), **values))


async def record(tx: Tx, intent_id: str, outcome: str, source: str, **values: Any) -> None:
    """Append one decision to the payment's history; `values` are its further columns."""
    row = {"payment_intent_id": intent_id, "outcome": outcome, "source": source, **values}
    await tx.execute(sa.insert(history).values(id=uuid4().hex, created_at=now(), **row))


async def applied(tx: Tx, intent_id: str) -> set[str]:
    """The statuses whose handlers have run for the payment."""
    query = sa.select(h.applied_status).where(h.payment_intent_id == intent_id)
    return {status for status in await tx.scalars(query) if status}


async def is_held(tx: Tx, intent_id: str, reason: str, api_status: str) -> bool:
    """Whether a conflict for this reason and API status stands in the history already."""
    query = sa.select(h.detail).where(
        h.payment_intent_id == intent_id, h.outcome == "conflict", h.to_status == api_status
    )
    return any(detail.get("reason") == reason for detail in await tx.scalars(query))


async def last_event(intent_id: str, status: str) -> PaymentEvent:
    """The event with which `status` was applied last, as its handler saw it."""
    query = sa.select(h.detail).where(
        h.payment_intent_id == intent_id, h.outcome == "applied", h.to_status == status
    )
    async with sessions() as tx:
        detail = (await tx.scalars(query.order_by(h.created_at.desc()).limit(1))).one()
    event = {name: detail[name] for name in PaymentEvent.__dataclass_fields__}
    statuses = {"status": Status(status), "from_status": Status(event["from_status"])}
    return PaymentEvent(**{**event, **statuses})


async def history_of(intent_id: str) -> list[dict[str, Any]]:
    """Every decision about the payment, oldest first."""
    query = sa.select(history).where(h.payment_intent_id == intent_id).order_by(h.created_at)
    async with sessions() as tx:
        return [dict(row._mapping) for row in await tx.execute(query)]
