"""Duplicates of everything, shuffled, from many senders, to two web processes at once."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from tests.conformance.harness.journeys import (
    assert_announced,
    assert_clean_log,
    assert_exactly_once,
    await_ends,
    begin,
    shuffled_deliveries,
    travel,
)
from tests.conformance.harness.load import Load
from tests.conformance.harness.measure import described

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.harness.world import World

INTENTS, COPIES, SENDERS, PROCESSES, SEED = 200, 8, 16, 2, 20260


def test_a_storm_of_duplicates_takes_every_effect_exactly_once(
    world: World, figure: Callable[[str], None]
) -> None:
    with world.open_shop() as shop:
        for _ in range(PROCESSES - 1):
            shop.start_web()
        journeys = begin(shop, INTENTS)
        deliveries = shuffled_deliveries(journeys, COPIES, SEED)
        urls = [shop.callback_url(web) for web in shop.webs]
        progress = threading.Thread(target=travel, args=(shop, journeys, SEED))
        began = time.monotonic()
        with Load(lambda: urls, deliveries, SENDERS) as load:
            progress.start()
        sent = time.monotonic() - began
        progress.join()
        await_ends(shop, journeys, within=200)
        figure(
            f"storm: {len(deliveries)} deliveries in {sent:.1f} s, settled after "
            f"{time.monotonic() - began:.1f} s; {described(load.seconds)}"
        )
        assert load.statuses == {200: len(deliveries)}
        assert load.broken == 0
        assert_exactly_once(shop, journeys)
        assert_announced(shop, journeys)
        assert_clean_log(shop)
        delivered = shop.database.find("kryptogo_callbacks")
        assert sum(row["deliveries"] for row in delivered) == len(deliveries)
