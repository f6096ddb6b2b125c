# kgscaffold:id=app/orders
"""The orders of the shop."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from .db import metadata, sessions

orders = sa.Table(
    "orders",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("amount", sa.String(32), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("payment_tx_hash", sa.String(128)),
    sa.Column("refund_tx_hash", sa.String(128)),
    sa.Column("refund_amount", sa.String(64)),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
)


FIND = sa.select(orders).where(orders.c.id == sa.bindparam("order_id"))
UPDATE = sa.update(orders).where(orders.c.id == sa.bindparam("order_id"))
KEPT = orders.c.status.in_(["underpaid", "refunded"])
EXPIRE = UPDATE.values(status=sa.case((KEPT, orders.c.status), else_="expired"))


async def create_order(amount: str, currency: str) -> str:
    """The id of a new order over `amount`, a decimal string."""
    order_id = uuid4().hex
    values = {"id": order_id, "status": "new", "amount": amount, "currency": currency}
    async with sessions.begin() as tx:
        await tx.execute(sa.insert(orders), {**values, "created_at": datetime.now(UTC)})
    return order_id


async def find_order(order_id: str) -> dict[str, Any] | None:
    """The order as it stands, or None."""
    async with sessions() as tx:
        row = (await tx.execute(FIND, {"order_id": order_id})).one_or_none()
    return dict(row._mapping) if row else None


async def update_order(tx: AsyncSession, order_id: str, **values: object) -> None:
    """Write to an order in the caller's transaction. Raises LookupError where there is none."""
    await _update(tx, UPDATE, order_id, values)


async def expire_order(tx: AsyncSession, order_id: str) -> None:
    """Close an order that nobody paid in time. An underpaid or refunded one stays that."""
    await _update(tx, EXPIRE, order_id, {})


async def _update(
    tx: AsyncSession, statement: sa.Update, order_id: str, values: dict[str, object]
) -> None:
    connection = await tx.connection()
    updated = await connection.execute(statement, {"order_id": order_id, **values})
    if updated.rowcount == 0:
        raise LookupError(f"there is no order {order_id}")
