"""kill -9 at random moments under load: nothing is lost, nothing happens twice."""

from __future__ import annotations

import random
import threading
import time
from itertools import cycle
from typing import TYPE_CHECKING

from tests.conformance.harness.faults import Fault
from tests.conformance.harness.journeys import (
    assert_announced,
    assert_exactly_once,
    await_ends,
    begin,
    shuffled_deliveries,
    travel,
)
from tests.conformance.harness.load import Load

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.harness.journeys import Journey
    from tests.conformance.harness.shop import Shop
    from tests.conformance.harness.world import World

KILLS, PROCESSES, INTENTS, SEED = 32, 2, 120, 7


def test_killed_processes_lose_nothing_and_repeat_nothing(
    world: World, figure: Callable[[str], None]
) -> None:
    with world.open_shop() as shop:
        for _ in range(PROCESSES - 1):
            shop.start_web()
        journeys = begin(shop, INTENTS)
        shop.faults.order(apply=Fault(sleep=0.01), after_commit=Fault(sleep=0.01))
        deliveries = shuffled_deliveries(journeys, 1, SEED)
        urls = [shop.callback_url(web) for web in shop.webs]
        progress = threading.Thread(target=_travel_slowly, args=(shop, journeys))
        began = time.monotonic()
        with Load(lambda: urls, cycle(deliveries), senders=6, pause=0.02) as load:
            progress.start()
            killed = _kill_all(shop)
            progress.join()
            load.enough(len(deliveries))
        figure(
            f"{killed} kills in {time.monotonic() - began:.1f} s under {len(load.seconds)} "
            f"answers and {load.broken} broken connections"
        )
        shop.records.expire_leases()
        await_ends(shop, journeys, within=120)
        assert killed >= 30
        assert load.broken > 0
        assert not [status for status in load.statuses if status not in (200, 503)]
        assert_exactly_once(shop, journeys)
        assert_announced(shop, journeys)


def _travel_slowly(shop: Shop, journeys: list[Journey]) -> None:
    for part in range(0, len(journeys), 10):
        travel(shop, journeys[part : part + 10], SEED)
        time.sleep(2)


def _kill_all(shop: Shop) -> int:
    """Kill the processes in turn, each some random time after it began to work."""
    counts: list[int] = []

    def kill_one(index: int) -> None:
        moments = random.Random(SEED + index)
        for _ in range(KILLS // PROCESSES):
            time.sleep(moments.uniform(0.02, 0.7))
            web = shop.webs[index]
            web.kill()
            shop.restart_web(web)
            counts.append(1)

    killers = [threading.Thread(target=kill_one, args=(i,)) for i in range(PROCESSES)]
    for killer in killers:
        killer.start()
    for killer in killers:
        killer.join()
    return len(counts)
