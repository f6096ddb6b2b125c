# kgscaffold:id=core/tables
"""The three tables. Times are UTC, amounts decimal strings, whatever the database keeps them as."""

import sqlalchemy as sa
from sqlalchemy import Column

from ..config import metadata
from .dialect import amount, faults, identifier, utc_time
from .model import Status

MIGRATE = "python -m flask db upgrade"
STATUSES = ", ".join(f"'{status}'" for status in Status)

payments = sa.Table(
    "kryptogo_payments",
    metadata,
    Column("payment_intent_id", identifier(64), primary_key=True),
    Column("order_id", identifier(128), nullable=False, index=True),
    Column("client_id", sa.String(128), nullable=False),
    Column("environment", sa.String(16), nullable=False, doc="production or test"),
    Column("status", sa.String(32), nullable=False, doc="what is settled here, one of the five"),
    Column("expected_fiat_amount", amount(20, 4), nullable=False),
    Column("fiat_currency", sa.String(8), nullable=False),
    Column("crypto_amount", amount(38, 18), doc="due"),
    Column("received_crypto_amount", amount(38, 18)),
    Column("aggregated_crypto_amount", amount(38, 18)),
    Column("refund_amount", amount(38, 18)),
    Column("symbol", sa.String(128)),
    Column("payment_chain_id", sa.String(128)),
    Column("payment_tx_hash", identifier(128)),
    Column("aggregation_tx_hash", identifier(128)),
    Column("refund_tx_hash", identifier(128)),
    Column("payment_deadline", utc_time(), nullable=False),
    Column("needs_review", sa.Boolean, nullable=False, doc="whether it waits for a person"),
    Column("review_reason", sa.String(64), doc="what for: a word of screen.REASONS"),
    Column("last_verified_at", utc_time(), doc="when KryptoGO's answer was last compared"),
    Column("next_check_at", utc_time(), index=True, doc="when reconcile looks; null: no more"),
    Column("created_at", utc_time(), nullable=False),
    Column("updated_at", utc_time(), nullable=False),
    sa.CheckConstraint(f"status IN ({STATUSES})", name="ck_kryptogo_payments_status"),
    sa.Index("ix_kryptogo_payments_status_next_check_at", "status", "next_check_at"),
)

callbacks = sa.Table(
    "kryptogo_callbacks",
    metadata,
    Column("id", identifier(32), primary_key=True),
    Column("payment_intent_id", identifier(64), nullable=False),
    Column("status", sa.String(32), nullable=False, doc="the claim: one of the five, or recheck"),
    Column("claimed_status", sa.String(64), doc="the word that was delivered last; null: ours"),
    Column("payload", sa.JSON, nullable=False, doc="the last delivery; nothing of it is believed"),
    Column("deliveries", sa.Integer, nullable=False),
    Column("state", sa.String(16), nullable=False, doc="what is still owed: see model.State"),
    Column("outcome", sa.String(16), doc="how it was closed; null while something is owed"),
    Column("applied_status", sa.String(32), doc="what it changed the payment to"),
    Column("attempts", sa.Integer, nullable=False, doc="begun since it was last opened"),
    Column("ahead_since", utc_time(), doc="since when KryptoGO's answer lags behind the claim"),
    Column("next_attempt_at", utc_time(), nullable=False),
    Column("lease_token", identifier(32), doc="who works on it; null: nobody"),
    Column("lease_until", utc_time(), doc="when the lease ends, or ended"),
    Column("last_error", sa.String(255)),
    Column("first_received_at", utc_time(), nullable=False),
    Column("last_received_at", utc_time(), nullable=False),
    Column("processed_at", utc_time(), doc="when it was closed"),
    # The idempotency key. No foreign key: an acknowledgement must not wait for a locked payment.
    sa.UniqueConstraint("payment_intent_id", "status", name="uq_kryptogo_callbacks_key"),
    sa.Index("ix_kryptogo_callbacks_state_next_attempt_at", "state", "next_attempt_at"),
)

history = sa.Table(
    "kryptogo_payment_history",
    metadata,
    Column("id", identifier(32), primary_key=True),
    Column("payment_intent_id", identifier(64), nullable=False),
    Column("callback_id", identifier(32)),
    Column("from_status", sa.String(32), doc="ours before"),
    Column("to_status", sa.String(64), doc="KryptoGO's, or a person's"),
    Column("applied_status", sa.String(32), doc="the status whose handler ran, once for each"),
    Column("outcome", sa.String(16), nullable=False, doc="what was decided"),
    Column("source", sa.String(16), nullable=False, doc="callback, reconcile or manual"),
    Column("detail", sa.JSON, nullable=False, doc="the event as its handler saw it, or why"),
    Column("created_at", utc_time(), nullable=False),
    # The database's own guard: no status of a payment is applied twice.
    sa.UniqueConstraint(
        "payment_intent_id", "applied_status", name="uq_kryptogo_payment_history_applied"
    ),
)


def missing(connection: sa.Connection) -> list[str]:
    """What a person must mend about the tables."""
    inspector, lacking = sa.inspect(connection), list[str]()
    for table in (payments, callbacks, history):
        if not inspector.has_table(table.name):
            lacking.append(table.name)
            continue
        there = {column["name"] for column in inspector.get_columns(table.name)}
        lacking += [str(column) for column in table.columns if column.name not in there]
    found = faults(connection)
    if lacking:
        found.append(f"The database lacks {', '.join(lacking)}. Make what is missing: {MIGRATE}")
    return found
