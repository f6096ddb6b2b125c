# kgscaffold:id=migrations/kryptogo_0003
"""An index for reconcile, which looks for payments by the time of their next check alone."""

from alembic import op

revision = "kryptogo_0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_index("ix_kryptogo_payments_next_check_at", "kryptogo_payments", ["next_check_at"])


def downgrade() -> None:
    op.drop_index("ix_kryptogo_payments_next_check_at", "kryptogo_payments")
