"""Where the database has one writer, the process's own wait in line for it, and not for ever."""

from __future__ import annotations

import json
from asyncio import to_thread
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.harness.playing import play

if TYPE_CHECKING:
    from kgscaffold.verify.app import App
    from tests.conformance.harness.world import World

pytestmark = pytest.mark.framework("fastapi", "flask", "express", "nestjs")

WITH_TASKS = """
import asyncio, json

from app.db import engine, sessions
from app.kryptogo.core import dialect
from app.kryptogo.core.database import UNAVAILABLE, is_transient
from sqlalchemy import text

order = []


async def write(name, urgent):
    async with dialect.begin(urgent=urgent):
        order.append(name)


async def wait_for_a_turn():
    try:
        await write("late", False)
    except UNAVAILABLE as error:
        return is_transient(error)


async def main():
    async with dialect.begin() as tx:
        await tx.execute(text("UPDATE orders SET status = status"))
        workers = [asyncio.create_task(write(f"worker {n}", False)) for n in range(3)]
        await asyncio.sleep(0.05)
        gone = asyncio.create_task(write("gone", True))
        urgent = [asyncio.create_task(write(f"urgent {n}", True)) for n in range(3)]
        await asyncio.sleep(0.05)
        gone.cancel()
        async with sessions() as reader:
            orders = await reader.scalar(text("SELECT count(*) FROM orders"))
    await asyncio.gather(*workers, *urgent)
    dialect.TURN_SECONDS = 0.1
    async with dialect.begin():
        refused = await asyncio.gather(*(wait_for_a_turn() for _ in range(3)))
    await write("afterwards", True)
    print(json.dumps({"order": order, "orders": orders, "refused": refused}))
    await engine.dispose()


asyncio.run(main())
asyncio.run(write("another loop", True))
"""
WITH_THREADS = """
import json, time
from concurrent.futures import ThreadPoolExecutor

from app import create_app
from app.kryptogo.config import sessions
from app.kryptogo.core import dialect
from app.kryptogo.core.database import UNAVAILABLE, is_transient
from sqlalchemy import text

app = create_app()
pool = ThreadPoolExecutor(16)
order = []


def write(name, urgent):
    with app.app_context(), dialect.begin(urgent=urgent):
        order.append(name)


def wait_for_a_turn(name, urgent):
    try:
        write(name, urgent)
    except UNAVAILABLE as error:
        return is_transient(error)


def waiting():
    return len(dialect.line._line) + len(dialect.place._line)


def in_line(work, name, urgent):
    before = waiting()
    thread = pool.submit(work, name, urgent)
    while waiting() == before:
        assert not thread.done(), f"{name} did not wait: {thread.exception()}"
        time.sleep(0.001)
    return thread


with app.app_context():
    with dialect.begin() as tx:
        tx.execute(text("UPDATE orders SET status = status"))
        dialect.TURN_SECONDS = 30
        threads = [in_line(write, f"worker {n}", False) for n in range(3)]
        dialect.TURN_SECONDS = 0.5  # nothing cancels a thread: it gives up by itself
        gone = in_line(wait_for_a_turn, "gone", True)
        dialect.TURN_SECONDS = 30
        threads += [in_line(write, f"urgent {n}", True) for n in range(3)]
        with sessions() as reader:
            orders = reader.scalar(text("SELECT count(*) FROM orders"))
        assert gone.result(30) is True
    for thread in threads:
        thread.result()
    dialect.TURN_SECONDS = 0.1
    with dialect.begin():
        late = [pool.submit(wait_for_a_turn, "late", False) for _ in range(3)]
        refused = [thread.result() for thread in late]
    write("afterwards", True)
    print(json.dumps({"order": order, "orders": orders, "refused": refused}))
"""
WITH_KNEX = """
const { knex: db } = await import("./RUN/db.js");
const ask = (tx, sql) => tx.raw(sql);
"""
WITH_TYPEORM = """
const { default: db } = await import("./RUN/data-source.js");
const ask = (tx, sql) => tx.query(sql);
await db.initialize();
"""
WITH_PROMISES = """
const { again, isTransient, isUnavailable, transaction } = await import(
  "./RUN/kryptogo/core/database.js"
);
const order = [];
const write = (name, urgent) => again(() => Promise.resolve(order.push(name)), 0, urgent);
const turn = new Promise((resolve) => setTimeout(resolve, 50));
const writers = [];
let orders;
await transaction(db, async (tx) => {
  await ask(tx, "UPDATE orders SET status = status");
  for (const number of [0, 1, 2]) writers.push(write(`worker ${number}`, false));
  await turn;
  for (const number of [0, 1, 2]) writers.push(write(`urgent ${number}`, true));
  [{ number: orders }] = await ask(db, "SELECT count(*) AS number FROM orders");
});
await Promise.all(writers);
const refused = [];
await transaction(db, async () => {
  const late = [0, 1, 2].map(() => write("late", false).catch((error) => {
    refused.push(isUnavailable(error) && isTransient(error));
  }));
  await Promise.all(late);
});
await write("afterwards", true);
console.log(JSON.stringify({ order, orders, refused }));
await db.destroy();
"""
SCRIPTS = {
    "fastapi": ["python", "-c", WITH_TASKS],
    "flask": ["python", "-c", WITH_THREADS],
    "express": ["node", "--input-type=module", "-e", WITH_KNEX + WITH_PROMISES],
    "nestjs": ["node", "--input-type=module", "-e", WITH_TYPEORM + WITH_PROMISES],
}


def _in_line(world: World) -> Any:
    async def write(app: App) -> Any:
        await app.order()
        run_path = "dist" if "build" in app.project.commands else "src"
        command = [part.replace("RUN", run_path) for part in SCRIPTS[world.stack.framework]]
        ran = await to_thread(app.project.run, command, app.variables)
        assert ran.code == 0, ran.err
        return json.loads(ran.out)

    return world.once("in line", lambda: play(world, write, worker=False))


def test_acknowledgements_go_before_all_workers_but_one_and_none_is_passed_over(
    world: World,
) -> None:
    if not world.stack.one_writer:
        return
    told = _in_line(world)
    first, *others = told["order"]
    assert first in {"worker 0", "urgent 0"}
    urgent = [name for name in others if name.startswith("urgent")]
    assert others[: len(urgent)] == urgent == sorted(urgent)
    workers = ["worker 0", "worker 1", "worker 2"]
    assert [name for name in told["order"] if name in workers] == workers
    assert "gone" not in told["order"]
    assert told["orders"] == 1, "a session that reads waits for nobody"


def test_a_turn_that_does_not_come_is_a_transient_error_and_stops_nobody(world: World) -> None:
    if not world.stack.one_writer:
        return
    told = _in_line(world)
    assert told["refused"] == [True, True, True]
    assert told["order"][-1] == "afterwards"
