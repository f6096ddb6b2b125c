# kgscaffold:id=core/tables
"""The three tables. Times are UTC, amounts decimal strings, whatever the database keeps them as."""

from dataclasses import fields
from datetime import UTC, datetime
from decimal import Context, Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, Dialect

from ..config import metadata
from .model import Facts, Status
from .schedule import COUNTERS

EXACT = Context(prec=100)


class Amount(sa.TypeDecorator[str]):
    """A decimal string: numeric where the database has such a type, text in SQLite."""

    impl = sa.Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> sa.types.TypeEngine[object]:
        text = dialect.name == "sqlite"
        return dialect.type_descriptor(sa.Text() if text else self.impl_instance)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> object:
        return value if value is None or dialect.name == "sqlite" else Decimal(value)

    def process_result_value(self, value: object, dialect: Dialect) -> str | None:
        return None if value is None else f"{Decimal(str(value)).normalize(EXACT):f}"


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An aware UTC time; SQLite keeps none, so it is put back on the way out."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


def given(name: str, like: Column[Any]) -> sa.BindParameter[Any]:
    """A value that is given at each execution, for comparing with, or storing in, `like`."""
    return sa.bindparam(name, type_=like.type)


def constant(value: str) -> sa.ColumnElement[str]:
    """One of our own words, in the statement's text: the database plans with it."""
    return sa.literal_column(f"'{value}'", sa.String)


FACTS = [field.name for field in fields(Facts)]
STATUSES = ", ".join(f"'{status}'" for status in Status)

payments = sa.Table(
    "kryptogo_payments",
    metadata,
    Column("payment_intent_id", sa.String(64), primary_key=True),
    Column("order_id", sa.String(128), nullable=False, index=True),
    Column("client_id", sa.String(128), nullable=False),
    Column("environment", sa.String(16), nullable=False),
    Column("status", sa.String(32), nullable=False),
    Column("expected_fiat_amount", Amount(20, 4), nullable=False),
    Column("fiat_currency", sa.String(8), nullable=False),
    *(Column(n, Amount(38, 18) if n.endswith("_amount") else sa.String(128)) for n in FACTS),
    Column("payment_deadline", UtcDateTime, nullable=False),
    Column("needs_review", sa.Boolean, nullable=False, default=False),
    Column("review_reason", sa.String(64)),
    Column("last_verified_at", UtcDateTime),
    Column("next_check_at", UtcDateTime, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    sa.CheckConstraint(f"status IN ({STATUSES})", name="ck_kryptogo_payments_status"),
    sa.Index("ix_kryptogo_payments_status_next_check_at", "status", "next_check_at"),
)

callbacks = sa.Table(
    "kryptogo_callbacks",
    metadata,
    Column("id", sa.String(32), primary_key=True),
    Column("payment_intent_id", sa.String(64), nullable=False),
    Column("status", sa.String(32), nullable=False),
    Column("claimed_status", sa.String(64)),
    Column("payload", sa.JSON, nullable=False),
    Column("deliveries", sa.Integer, nullable=False),
    Column("state", sa.String(16), nullable=False),
    Column("outcome", sa.String(16)),
    Column("applied_status", sa.String(32)),
    *(Column(n, sa.Integer, nullable=False, default=0) for n in ("attempts", *COUNTERS)),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("lease_token", sa.String(32)),
    Column("lease_until", UtcDateTime),
    Column("last_error", sa.String(255)),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("first_received_at", UtcDateTime, nullable=False),
    Column("last_received_at", UtcDateTime, nullable=False),
    Column("processed_at", UtcDateTime),
    sa.UniqueConstraint("payment_intent_id", "status", name="uq_kryptogo_callbacks_key"),
    sa.Index("ix_kryptogo_callbacks_state_next_attempt_at", "state", "next_attempt_at"),
)

history = sa.Table(
    "kryptogo_payment_history",
    metadata,
    Column("id", sa.String(32), primary_key=True),
    Column("payment_intent_id", sa.String(64), nullable=False),
    Column("callback_id", sa.String(32)),
    Column("from_status", sa.String(32)),
    Column("to_status", sa.String(64)),
    Column("applied_status", sa.String(32)),
    Column("outcome", sa.String(16), nullable=False),
    Column("source", sa.String(16), nullable=False),
    Column("detail", sa.JSON, nullable=False, default={}),
    Column("created_at", UtcDateTime, nullable=False),
    sa.UniqueConstraint(
        "payment_intent_id", "applied_status", name="uq_kryptogo_payment_history_applied"
    ),
)
