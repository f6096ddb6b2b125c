# kgscaffold:id=app/orders
"""The orders of the shop."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import Base, db


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True)
    status: Mapped[str] = mapped_column(sa.String(16))
    amount: Mapped[str] = mapped_column(sa.String(32))
    currency: Mapped[str] = mapped_column(sa.String(3))
    payment_tx_hash: Mapped[str | None] = mapped_column(sa.String(128))
    refund_tx_hash: Mapped[str | None] = mapped_column(sa.String(128))
    refund_amount: Mapped[str | None] = mapped_column(sa.String(64))
    created_at: Mapped[datetime] = mapped_column(sa.DateTime(timezone=True))


def create_order(amount: str, currency: str) -> str:
    """The id of a new order over `amount`, a decimal string."""
    order = Order(
        id=uuid4().hex,
        status="new",
        amount=amount,
        currency=currency,
        created_at=datetime.now(UTC),
    )
    db.session.add(order)
    db.session.commit()
    return order.id


def find_order(order_id: str) -> dict[str, Any] | None:
    """The order as it stands, or None."""
    order = db.session.get(Order, order_id)
    if order is None:
        return None
    return {column.name: getattr(order, column.name) for column in Order.__table__.columns}


def update_order(tx: Session, order_id: str, **values: object) -> None:
    """Write to an order in the caller's transaction. Raises LookupError where there is none."""
    order = _existing(tx, order_id)
    for name, value in values.items():
        setattr(order, name, value)
    tx.flush()  # what the database refuses is told here, not at the commit


def expire_order(tx: Session, order_id: str) -> None:
    """Close an order that nobody paid in time. An underpaid or refunded one stays that."""
    order = _existing(tx, order_id)
    if order.status not in ("underpaid", "refunded"):
        order.status = "expired"
        tx.flush()


def _existing(tx: Session, order_id: str) -> Order:
    order = tx.get(Order, order_id)
    if order is None:
        raise LookupError(f"there is no order {order_id}")
    return order
