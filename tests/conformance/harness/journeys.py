"""Many payments, each with a way through the statuses that KryptoGO may take, and their end."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from kgscaffold.verify.statuses import (
    EXPIRED,
    NOT_REFUNDED,
    ORDER_STATUS,
    PENDING,
    REFUNDED,
    STATUSES,
    SUCCESS,
    is_path,
)
from tests.conformance.harness.waiting import until

if TYPE_CHECKING:
    from tests.conformance.harness.shop import Purchase, Shop

WAYS = (
    (SUCCESS,),
    (EXPIRED,),
    (NOT_REFUNDED,),
    (REFUNDED,),
    (EXPIRED, SUCCESS),
    (EXPIRED, REFUNDED),
    (NOT_REFUNDED, SUCCESS),
    (NOT_REFUNDED, REFUNDED),
    (EXPIRED, NOT_REFUNDED, SUCCESS),
    (EXPIRED, NOT_REFUNDED, REFUNDED),
)
_BUYERS = 8


@dataclass(frozen=True)
class Journey:
    """One payment, and the statuses it goes through at KryptoGO."""

    bought: Purchase
    way: tuple[str, ...]

    @property
    def end(self) -> str:
        """The status at which it rests."""
        return self.way[-1]


def begin(shop: Shop, number: int) -> list[Journey]:
    """So many orders with one intent each, all ways equally often."""
    with ThreadPoolExecutor(_BUYERS) as pool:
        bought = list(pool.map(lambda _: shop.buy(), range(number)))
    return [Journey(one, WAYS[i % len(WAYS)]) for i, one in enumerate(bought)]


def shuffled_deliveries(journeys: list[Journey], copies: int, seed: int) -> list[tuple[str, str]]:
    """Every status of every journey, true or not, so many times each, in random order."""
    pairs = product((journey.bought.intent for journey in journeys), STATUSES)
    deliveries = list(pairs) * copies
    random.Random(seed).shuffle(deliveries)
    return deliveries


def travel(shop: Shop, journeys: list[Journey], seed: int) -> None:
    """Let KryptoGO's statuses progress, one step of a random journey after the other."""
    steps = [journey for journey in journeys for _ in journey.way]
    random.Random(seed).shuffle(steps)
    position = dict.fromkeys((journey.bought.intent for journey in journeys), 0)
    for journey in steps:
        intent = journey.bought.intent
        shop.set_truth(intent, journey.way[position[intent]])
        position[intent] += 1


def await_ends(shop: Shop, journeys: list[Journey], within: float) -> None:
    """Return when every payment has its last status, and nothing that was applied is owed."""

    def astray() -> list[str]:
        rows = shop.database.find("kryptogo_payments")
        status = {row["payment_intent_id"]: row["status"] for row in rows}
        return [j.bought.intent for j in journeys if status[j.bought.intent] != j.end]

    until(
        lambda: not astray(),
        within,
        0.5,
        why=lambda: f"{len(astray())} astray, such as {shop.describe(astray()[0])}",
    )
    until(
        lambda: shop.database.count("kryptogo_callbacks", state="applied") == 0,
        within,
        0.5,
        why=lambda: f"owed: {shop.database.find('kryptogo_callbacks', state='applied')[:3]}",
    )


def assert_exactly_once(shop: Shop, journeys: list[Journey]) -> None:
    """Every applied status took effect once, in a legal order, and the order shows the last."""
    effects, applied = shop.records.all_effects(), shop.records.all_applied()
    twice = {key: number for key, number in effects.items() if number != 1}
    assert not twice, f"took effect more than once: {twice}"
    differing = set(effects.items()) ^ set(applied.items())
    assert not differing, f"history and effects differ: {differing}"
    with ThreadPoolExecutor(_BUYERS) as pool:
        list(pool.map(lambda journey: _assert_arrived(shop, journey), journeys))


def _assert_arrived(shop: Shop, journey: Journey) -> None:
    intent = journey.bought.intent
    statuses = shop.records.effect_statuses(intent)
    moves = [status for status in statuses if status != PENDING]
    assert moves[-1] == journey.end, shop.describe(intent)
    assert is_path(statuses), shop.describe(intent)
    assert set(moves) <= set(journey.way), shop.describe(intent)
    assert shop.records.applied(intent) == statuses, shop.describe(intent)
    assert not shop.records.payment(intent)["needs_review"], shop.describe(intent)
    assert shop.order_page(journey.bought.order)["status"] == ORDER_STATUS[journey.end]


def assert_announced(shop: Shop, journeys: list[Journey]) -> None:
    """`after_commit` was called for every applied status, at least once."""
    announced = set(shop.faults.announced())
    missing = set(shop.records.all_applied()) - announced
    assert not missing, f"never announced: {missing}"
    assert announced <= set(shop.records.all_applied())


def assert_clean_log(shop: Shop, *forbidden: str) -> None:
    """No traceback, and none of the forbidden phrases, in any log."""
    log = shop.log_text()
    for phrase in ("Traceback", "database is locked", *forbidden):
        position = log.find(phrase)
        assert position < 0, log[max(0, position - 500) : position + 3000]
