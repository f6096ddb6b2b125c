"""A project's migrations, taken back and run again, on its real database."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kgscaffold.stacks import stack_of
from tests.conformance.harness.project import migrate

if TYPE_CHECKING:
    from tests.conformance.harness.database import Database
    from tests.conformance.harness.world import World

OURS = {"kryptogo_payments", "kryptogo_callbacks", "kryptogo_payment_history"}
GUARDS = (
    "ck_kryptogo_payments_status",
    "ix_kryptogo_payments_order_id",
    "ix_kryptogo_payments_next_check_at",
    "uq_kryptogo_callbacks_key",
    "ix_kryptogo_callbacks_state_next_attempt_at",
    "uq_kryptogo_payment_history_applied",
)
STEPS = 10
"""More than a project has migrations."""


def test_migrations_lead_back_to_nothing_and_again_to_the_same_tables(world: World) -> None:
    database = world.server.fresh("back_and_again", migrated=False)
    migrate(world.project, database.url)
    before = tables(world, database)
    assert before.keys() >= OURS
    lines = [line for table in OURS for line in before[table]]
    assert [name for name in GUARDS if not any(name in line for line in lines)] == []
    for _ in range(STEPS):
        ran = world.project.run(
            world.stack.instrument.back_command(), {"DATABASE_URL": database.url}
        )
        assert ran.code == 0, ran.told
        if not tables(world, database):
            break
    assert tables(world, database) == {}
    migrate(world.project, database.url)
    assert tables(world, database) == before


def tables(world: World, database: Database) -> dict[str, list[str]]:
    """What the migrations made; not where their tool counts, and what a table counted."""
    counted = {*stack_of(world.stack.answers).library.migrations.tables, "sqlite_sequence"}
    return {
        table: [re.sub(r" AUTO_INCREMENT=\d+", "", line) for line in lines]
        for table, lines in database.schema().items()
        if table not in counted
    }
