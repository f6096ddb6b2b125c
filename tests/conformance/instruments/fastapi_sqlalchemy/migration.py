"""The table of the handlers' effects."""

import sqlalchemy as sa
from alembic import op

revision = "9000_effects"
down_revision = "THE_HEAD"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "effects",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("payment_intent_id", sa.String(64), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("order_id", sa.String(64), nullable=False),
        sa.Column("from_status", sa.String(32)),
        sa.Column("claimed_status", sa.String(64)),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("skipped", sa.Boolean, nullable=False),
        sa.Column("order_already_paid", sa.Boolean, nullable=False),
    )
    op.create_index("ix_effects_intent", "effects", ["payment_intent_id"])


def downgrade() -> None:
    op.drop_table("effects")
