# kgscaffold:id=migrations/0002_kryptogo
"""KryptoGO payments, their callbacks, and the history of every decision."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"

STATUSES = "'pending', 'success', 'expired', 'insufficient_not_refunded', 'insufficient_refunded'"
FIAT, CRYPTO = sa.Numeric(20, 4), sa.Numeric(38, 18)
HASH = sa.String(128)
TIME = mysql.DATETIME(fsp=6)


def upgrade() -> None:
    op.create_table(
        "kryptogo_payments",
        sa.Column("payment_intent_id", sa.String(64), primary_key=True),
        sa.Column("order_id", sa.String(128), nullable=False),
        sa.Column("client_id", sa.String(128), nullable=False),
        sa.Column("environment", sa.String(16), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("expected_fiat_amount", FIAT, nullable=False),
        sa.Column("fiat_currency", sa.String(8), nullable=False),
        sa.Column("crypto_amount", CRYPTO),
        sa.Column("received_crypto_amount", CRYPTO),
        sa.Column("aggregated_crypto_amount", CRYPTO),
        sa.Column("refund_amount", CRYPTO),
        sa.Column("symbol", HASH),
        sa.Column("payment_chain_id", HASH),
        sa.Column("payment_tx_hash", HASH),
        sa.Column("aggregation_tx_hash", HASH),
        sa.Column("refund_tx_hash", HASH),
        sa.Column("payment_deadline", TIME, nullable=False),
        sa.Column("needs_review", sa.Boolean(), nullable=False),
        sa.Column("review_reason", sa.String(64)),
        sa.Column("last_verified_at", TIME),
        sa.Column("next_check_at", TIME),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.CheckConstraint(f"status IN ({STATUSES})", name="ck_kryptogo_payments_status"),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index("ix_kryptogo_payments_order_id", "kryptogo_payments", ["order_id"])
    op.create_index(
        "ix_kryptogo_payments_status_next_check_at",
        "kryptogo_payments",
        ["status", "next_check_at"],
    )
    op.create_table(
        "kryptogo_callbacks",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("payment_intent_id", sa.String(64), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("claimed_status", sa.String(64)),
        sa.Column("payload", mysql.LONGTEXT(), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("outcome", sa.String(16)),
        sa.Column("applied_status", sa.String(32)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lag_attempts", sa.Integer(), nullable=False),
        sa.Column("provider_attempts", sa.Integer(), nullable=False),
        sa.Column("handler_attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", TIME, nullable=False),
        sa.Column("lease_token", sa.String(32)),
        sa.Column("lease_until", TIME),
        sa.Column("last_error", sa.String(255)),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("first_received_at", TIME, nullable=False),
        sa.Column("last_received_at", TIME, nullable=False),
        sa.Column("processed_at", TIME),
        sa.UniqueConstraint("payment_intent_id", "status", name="uq_kryptogo_callbacks_key"),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(
        "ix_kryptogo_callbacks_state_next_attempt_at",
        "kryptogo_callbacks",
        ["state", "next_attempt_at"],
    )
    op.create_table(
        "kryptogo_payment_history",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("payment_intent_id", sa.String(64), nullable=False),
        sa.Column("callback_id", sa.String(32)),
        sa.Column("from_status", sa.String(32)),
        sa.Column("to_status", sa.String(64)),
        sa.Column("applied_status", sa.String(32)),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("detail", mysql.LONGTEXT(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.UniqueConstraint(
            "payment_intent_id", "applied_status", name="uq_kryptogo_payment_history_applied"
        ),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )


def downgrade() -> None:
    op.drop_table("kryptogo_payment_history")
    op.drop_table("kryptogo_callbacks")
    op.drop_table("kryptogo_payments")
