"""The worker inside or outside the web process, and how processes end."""

from __future__ import annotations

import signal
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.conformance.harness.faults import Fault
from tests.conformance.harness.records import PAYMENTS
from tests.conformance.harness.waiting import until
from tests.conformance.statuses import EXPIRED, PENDING, SUCCESS

if TYPE_CHECKING:
    from tests.conformance.harness.process import AppProcess
    from tests.conformance.harness.shop import Purchase, Shop
    from tests.conformance.harness.world import World

ENDED_WELL = {0, -signal.SIGTERM, 128 + signal.SIGTERM}


def test_a_worker_of_its_own_settles_what_web_processes_store(world: World) -> None:
    with world.open_shop(KRYPTOGO_WORKER="off") as shop:
        bought = shop.buy()
        shop.deliver(bought.intent, SUCCESS)
        time.sleep(1.5)
        assert shop.records.state(bought.intent, SUCCESS) == "pending"
        assert not shop.records.effects(bought.intent)
        worker = shop.start_worker()
        shop.records.await_status(bought.intent, SUCCESS)
        assert shop.records.await_closed(bought.intent, SUCCESS)["state"] == "done"
        assert shop.order_page(bought.order)["status"] == "paid"
        assert worker.stop() == 0


def test_several_workers_share_the_work(world: World) -> None:
    with world.open_shop(KRYPTOGO_WORKER="off") as shop:
        bought = [shop.buy() for _ in range(40)]
        workers = [shop.start_worker() for _ in range(2)]
        for one in bought:
            shop.deliver(one.intent, SUCCESS)
        for one in bought:
            shop.records.await_status(one.intent, SUCCESS, within=40)
            assert shop.records.effect_statuses(one.intent) == [SUCCESS]
        assert [worker.stop() for worker in workers] == [0, 0]


def test_work_once_does_all_that_is_due_and_ends(world: World) -> None:
    with world.open_shop(KRYPTOGO_WORKER="off") as shop:
        bought = [shop.buy() for _ in range(12)]
        for one in bought:
            shop.deliver(one.intent, EXPIRED)
        assert shop.ops("work", "--once").code == 0
        for one in bought:
            assert shop.records.status(one.intent) == EXPIRED
            assert shop.records.state(one.intent, EXPIRED) == "done"
        assert shop.ops("work", "--once").code == 0


def test_a_stopped_web_process_finishes_the_apply_it_is_in(world: World) -> None:
    with world.open_shop() as shop:
        bought = _in_the_middle_of_an_apply(shop)
        _ends_well_and_loses_nothing(shop, bought, shop.webs[0])


def test_a_stopped_worker_finishes_the_apply_it_is_in(world: World) -> None:
    with world.open_shop(KRYPTOGO_WORKER="off") as shop:
        worker = shop.start_worker()
        bought = _in_the_middle_of_an_apply(shop)
        _ends_well_and_loses_nothing(shop, bought, worker)


def _in_the_middle_of_an_apply(shop: Shop) -> Purchase:
    bought = shop.buy()
    shop.faults.order(bought.intent, apply=Fault(sleep=2))
    shop.deliver(bought.intent, SUCCESS)
    until(lambda: shop.faults.attempts(bought.intent) == 1, why="apply has begun")
    time.sleep(0.3)
    return bought


def _ends_well_and_loses_nothing(shop: Shop, bought: Purchase, process: AppProcess) -> None:
    assert process.stop() in ENDED_WELL
    assert shop.records.status(bought.intent) == SUCCESS
    assert shop.records.state(bought.intent, SUCCESS) == "done"
    assert shop.records.effect_statuses(bought.intent) == [SUCCESS]
    assert shop.faults.attempts(bought.intent) == 1
    assert shop.faults.announced(bought.intent) == [(bought.intent, SUCCESS)]
    assert "Traceback" not in shop.log_text()


def test_what_was_stored_before_a_crash_is_settled_after_the_restart(world: World) -> None:
    with world.open_shop() as shop:
        bought = [shop.buy() for _ in range(20)]
        for one in bought:
            shop.deliver(one.intent, SUCCESS)
        shop.webs[0].kill()
        shop.records.expire_leases()
        shop.restart_web(shop.webs[0])
        for one in bought:
            shop.records.await_status(one.intent, SUCCESS, within=40)
            assert shop.records.effect_statuses(one.intent) == [SUCCESS]
            until(partial(shop.faults.announced, one.intent), why="it is announced")


def test_a_process_that_was_overtaken_decides_nothing(world: World) -> None:
    """Its lease ran out while it asked KryptoGO, and another process has done its work."""
    with world.open_shop() as shop:
        bought = shop.buy()
        shop.simulator.set_provider(mode="slow", latency=3)
        shop.deliver(bought.intent, SUCCESS)
        until(lambda: shop.records.callbacks(bought.intent)[SUCCESS]["lease_token"], every=0.02)
        shop.simulator.set_provider(mode="up")
        shop.records.expire_leases()
        shop.start_web()
        shop.records.await_status(bought.intent, SUCCESS)
        time.sleep(3)
        assert shop.records.await_closed(bought.intent, SUCCESS)["state"] == "done"
        assert shop.records.effect_statuses(bought.intent) == [SUCCESS]
        assert shop.records.outcomes(bought.intent) == ["applied"]


def test_a_clock_that_was_ahead_delays_nothing(world: World) -> None:
    """Another machine's, or this one's before it was set: KryptoGO is not asked in a loop."""
    with world.open_shop() as shop:
        bought = shop.buy()
        shop.deliver(bought.intent, PENDING)
        shop.records.await_closed(bought.intent, PENDING)
        chosen = {"payment_intent_id": bought.intent}
        shop.database.shift(PAYMENTS, 3600, "last_verified_at", **chosen)
        before = len(shop.simulator.requests())
        shop.deliver(bought.intent, SUCCESS)
        shop.records.await_status(bought.intent, SUCCESS)
        assert len(shop.simulator.requests(before)) == 1


TWO_LOOPS = """
import asyncio
from app.kryptogo import create_intent, process_due

print(asyncio.run(process_due()))
asyncio.run(create_intent("another", "1", "TWD"))
"""


@pytest.mark.framework("fastapi")
def test_work_may_be_done_in_one_event_loop_after_another(world: World) -> None:
    """As serverless hosts do. A pool of connections to a server is the engine's own concern."""
    if not world.stack.one_writer:
        return
    with world.open_shop(KRYPTOGO_WORKER="off") as shop:
        bought = shop.buy()
        shop.deliver(bought.intent, SUCCESS)
        ran = shop.project.run(["python", "-c", TWO_LOOPS], shop.variables)
        assert (ran.code, ran.out) == (0, "1\n"), ran.err
        assert shop.records.payments_of("another")
