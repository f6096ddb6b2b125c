# kgscaffold:id=migrations/kryptogo_0004
"""One counter of attempts on one schedule. A callback that waits goes on where it was."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "kryptogo_0004"
down_revision = "kryptogo_0003"

CALLBACKS = "kryptogo_callbacks"
GONE = ("lag_attempts", "provider_attempts", "handler_attempts")
TIME = mysql.DATETIME(fsp=6)


def upgrade() -> None:
    op.add_column(CALLBACKS, sa.Column("ahead_since", TIME))
    op.execute(
        "UPDATE kryptogo_callbacks SET attempts = CASE WHEN provider_attempts > handler_attempts"
        " THEN provider_attempts ELSE handler_attempts END WHERE state IN ('pending', 'applied')"
    )
    op.execute(
        "UPDATE kryptogo_callbacks SET ahead_since = opened_at"
        " WHERE state = 'pending' AND lag_attempts > 0"
    )
    with op.batch_alter_table(CALLBACKS) as table:
        for name in (*GONE, "opened_at"):
            table.drop_column(name)


def downgrade() -> None:
    with op.batch_alter_table(CALLBACKS) as table:
        for name in GONE:
            table.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("opened_at", TIME))
    op.execute("UPDATE kryptogo_callbacks SET opened_at = first_received_at")
    op.execute(
        "UPDATE kryptogo_callbacks SET opened_at = ahead_since, lag_attempts = 1"
        " WHERE ahead_since IS NOT NULL"
    )
    op.execute(
        "UPDATE kryptogo_callbacks SET handler_attempts = CASE WHEN attempts < 9 THEN attempts"
        " ELSE 9 END WHERE state IN ('pending', 'applied')"
    )
    with op.batch_alter_table(CALLBACKS) as table:
        for name in GONE:
            table.alter_column(name, existing_type=sa.Integer(), server_default=None)
        table.alter_column("opened_at", existing_type=TIME, nullable=False)
        table.drop_column("ahead_since")
