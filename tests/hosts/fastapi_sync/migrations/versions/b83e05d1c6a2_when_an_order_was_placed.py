"""When an order was placed"""

import sqlalchemy as sa
from alembic import op

revision = "b83e05d1c6a2"
down_revision = "4f1c2a9be07d"


def upgrade() -> None:
    with op.batch_alter_table("orders") as orders:
        orders.add_column(sa.Column("placed_at", sa.DateTime()))


def downgrade() -> None:
    with op.batch_alter_table("orders") as orders:
        orders.drop_column("placed_at")
