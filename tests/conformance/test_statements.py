"""The statements of one callback's way: built once, and served by an index."""

from __future__ import annotations

import json
import re
from asyncio import to_thread
from typing import TYPE_CHECKING, Any

import pytest

from kgscaffold.verify.statuses import SUCCESS
from tests.conformance.harness.playing import play

if TYPE_CHECKING:
    from kgscaffold.verify.app import App
    from tests.conformance.harness.world import World

pytestmark = pytest.mark.framework("fastapi", "flask")

SETTLED = 5000
WHOLE_TABLE = re.compile(
    r"\bSCAN kryptogo|Seq Scan on kryptogo"
    # An UPDATE of all rows is of type index. ALL is said of the table an INSERT writes to, too.
    r"|(?<!\bINSERT )\bkryptogo_\w+ (None )?(ALL|index)\b"
)
IN_BOTH_FORMS = """
import json, sys

import sqlalchemy as sa
from app.kryptogo import process_due
from app.kryptogo.core import queue
from app.kryptogo.core.model import Delivery, now
from app.kryptogo.core.tables import callbacks, history, payments

settled, intents = int(sys.argv[1]), sys.argv[2:]
deliveries = [Delivery(intent, "success", "success", {}) for intent in intents]
built, ran = [], {}


def fill(connection):
    at = now()
    one = dict(connection.execute(sa.select(payments)).mappings().first())
    past = {"status": "success", "next_check_at": None, "last_verified_at": at}
    names = [f"old{number}" for number in range(settled)]
    connection.execute(
        sa.insert(payments),
        [{**one, **past, "payment_intent_id": name, "order_id": name} for name in names],
    )
    old = {"status": "success", "payload": {}, "deliveries": 1, "state": "done"}
    times = ("next_attempt_at", "first_received_at", "last_received_at")
    old |= dict.fromkeys(times, at) | {"attempts": 0}
    connection.execute(
        sa.insert(callbacks), [{**old, "id": name, "payment_intent_id": name} for name in names]
    )
    told = {"outcome": "applied", "source": "callback", "detail": {}, "created_at": at}
    connection.execute(
        sa.insert(history), [{**told, "id": name, "payment_intent_id": name} for name in names]
    )
    if connection.dialect.name == "postgresql":  # its autovacuum does; of SQLite nobody asks it
        connection.exec_driver_sql("ANALYZE")


def watch(engine):
    @sa.event.listens_for(engine, "before_execute")
    def note_statement(connection, statement, *_):
        built[-1].append(statement)

    @sa.event.listens_for(engine, "before_cursor_execute")
    def note_text(connection, cursor, text, parameters, context, many):
        ran[text] = parameters


def tell(connection, of=""):
    first = built[0]
    anew = [str(one) for one in built[-1] if not any(one is known for known in first)]
    anew = [text for text in anew if of in text]
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    texts = {text: given for text, given in ran.items() if text.startswith(("SEL", "UPD", "INS"))}
    plans = {}
    for text, given in texts.items():
        if "kryptogo_" in text and isinstance(given, tuple | dict):
            rows = connection.exec_driver_sql(explain + text, given)
            plans[text] = [" ".join(map(str, row)) for row in rows]
    print(json.dumps({"anew": anew, "plans": plans, "built": len(built[-1])}))
"""
WITH_TASKS = """
import asyncio

from app.db import engine


async def main():
    async with engine.begin() as connection:
        await connection.run_sync(fill)
    watch(engine.sync_engine)
    for delivery in deliveries:
        built.append([])
        await queue.accept(delivery, True)
        await process_due()
    async with engine.connect() as connection:
        await connection.run_sync(tell)
    await engine.dispose()


asyncio.run(main())
"""
WITH_THREADS = """
from app import create_app
from app.db import db

with create_app().app_context():
    with db.engine.begin() as connection:
        fill(connection)
    watch(db.engine)
    for delivery in deliveries:
        built.append([])
        queue.accept(delivery, True)
        process_due()
    with db.engine.connect() as connection:
        tell(connection, of="kryptogo_")  # the shop's models: the ORM builds each SELECT of a row
"""
SCRIPTS = {"fastapi": IN_BOTH_FORMS + WITH_TASKS, "flask": IN_BOTH_FORMS + WITH_THREADS}


def _told(world: World) -> Any:
    """What the way of three callbacks through one process showed."""

    async def settle(app: App) -> Any:
        intents = [one.intent for one in await app.buy_many(3)]
        for intent in intents:
            await app.truth(intent, SUCCESS)
        command = ["python", "-c", SCRIPTS[world.stack.framework], str(SETTLED), *intents]
        ran = await to_thread(app.project.run, command, app.variables)
        assert ran.code == 0, ran.err
        found = await app.show(*intents)
        assert [found[intent].status for intent in intents] == [SUCCESS] * 3
        return json.loads(ran.out.splitlines()[-1])

    def make() -> Any:
        return play(world, settle, world.pristine, worker=False)

    return world.once("statements", make)


def test_no_statement_is_built_anew_for_a_callback(world: World) -> None:
    told = _told(world)
    assert told["built"] > 10
    assert told["anew"] == []


def test_no_statement_of_a_callback_reads_a_whole_table(world: World) -> None:
    plans = _told(world)["plans"]
    assert len(plans) > 10, plans
    for text, plan in plans.items():
        for line in plan:
            assert not WHOLE_TABLE.search(line), (text, plan)
