"""Where the database has one writer, the process's own wait in line for it, and not for ever."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from kgscaffold.verify.statuses import STATUSES
from tests.conformance.harness.http import post
from tests.conformance.harness.measure import described

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.harness.world import World

LONGEST = 12
"""Seconds: a turn is waited for 5, a connection 2, the lock 5. Without a bound on all it was 31."""
SENDERS = 40
IN_LINE = """
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


def _in_line(world: World) -> Any:
    with world.open_shop(KRYPTOGO_WORKER="off") as shop:
        shop.order()
        ran = shop.project.run(["python", "-c", IN_LINE], shop.variables)
        assert ran.code == 0, ran.err
        return json.loads(ran.out)


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


def test_an_acknowledgement_waits_for_another_process_only_so_long(
    world: World, figure: Callable[[str], None]
) -> None:
    if not world.stack.one_writer:
        return
    with world.open_shop() as shop:
        bought = [shop.buy() for _ in range(SENDERS // len(STATUSES))]
        bodies = [
            {"payment_intent_id": one.intent, "status": status}
            for one in bought
            for status in STATUSES
        ]
        with shop.database.lock(60), ThreadPoolExecutor(SENDERS) as pool:
            answers = list(pool.map(lambda body: post(shop.callback_url(), body), bodies))
        figure(f"locked out: {described([answer.seconds for answer in answers])}")
        assert {answer.status for answer in answers} == {503}
        assert all("retry-after" in answer.headers for answer in answers)
        assert max(answer.seconds for answer in answers) < LONGEST
        assert post(shop.callback_url(), bodies[0]).status == 200
