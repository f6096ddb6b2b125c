"""Two intents of one order, in every pair of statuses, settled at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import pytest

from kgscaffold.verify.statuses import EXPIRED, ORDER_STATUS, PENDING, STATUSES, SUCCESS
from tests.conformance.harness.waiting import until

if TYPE_CHECKING:
    from tests.conformance.harness.shop import Shop
    from tests.conformance.harness.world import World

PAIRS = list(product(STATUSES, STATUSES))


@dataclass(frozen=True)
class Twins:
    """One order, paid for twice."""

    order: str
    intents: tuple[str, str]


def _settle_all(shop: Shop) -> dict[tuple[str, str], Twins]:
    def begin(pair: tuple[str, str]) -> Twins:
        order = shop.order()
        twins = Twins(order, (shop.checkout(order), shop.checkout(order)))
        for intent, status in zip(twins.intents, pair, strict=True):
            shop.set_truth(intent, status)
        return twins

    with ThreadPoolExecutor(8) as pool:
        twins = dict(zip(PAIRS, pool.map(begin, PAIRS), strict=True))
        deliveries = [
            (intent, status)
            for pair in PAIRS
            for intent, status in zip(twins[pair].intents, pair, strict=True)
        ]
        list(pool.map(lambda delivery: shop.claim(*delivery), deliveries))
        list(pool.map(lambda d: shop.records.await_closed(d[0], d[1], within=90), deliveries))
    return twins


@pytest.fixture
def settled(world: World) -> dict[tuple[str, str], Twins]:
    """All pairs, settled concurrently."""
    return world.once("twins", lambda: _settle_all(world.common_shop))


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_two_intents_of_one_order_leave_it_paid_once_or_as_the_last_money_said(
    shop: Shop, settled: dict[tuple[str, str], Twins], pair: tuple[str, str]
) -> None:
    twins = settled[pair]
    why = "\n".join(shop.describe(intent) for intent in twins.intents)
    order = shop.order_page(twins.order)["status"]
    effects = [shop.records.effect_statuses(intent) for intent in twins.intents]
    if pair == (SUCCESS, SUCCESS):
        assert order == "paid", why
        assert sorted(effects) == [[], [SUCCESS]], why
        loser = twins.intents[effects.index([])]
        payment = shop.records.payment(loser)
        assert payment["status"] == PENDING, why
        assert "order_already_paid" in payment["review_reason"], why
        assert shop.records.callbacks(loser)[SUCCESS]["outcome"] == "conflict", why
        return
    assert effects == [[status] for status in pair], why
    assert [shop.records.status(intent) for intent in twins.intents] == list(pair), why
    moved = [status for status in pair if status != PENDING]
    money = [status for status in moved if status != EXPIRED]
    if SUCCESS in pair or not moved:
        assert order == ("paid" if SUCCESS in pair else "new"), why
    else:
        assert order in {ORDER_STATUS[status] for status in money or moved}, why


@pytest.mark.parametrize("other", [s for s in STATUSES if s not in (PENDING, SUCCESS)])
def test_what_follows_a_paid_sibling_leaves_the_order_alone(shop: Shop, other: str) -> None:
    order = shop.order()
    paid, tried = shop.checkout(order), shop.checkout(order)
    shop.deliver(paid, SUCCESS)
    shop.records.await_closed(paid, SUCCESS)
    before = shop.order_page(order)
    shop.deliver(tried, other)
    shop.records.await_closed(tried, other)
    (effect,) = shop.records.effects(tried)
    assert effect["order_already_paid"]
    assert shop.records.status(tried) == other
    after = shop.order_page(order)
    for field in ("status", "payment_tx_hash", "refund_tx_hash", "refund_amount"):
        assert after[field] == before[field]


def test_a_second_success_is_held_and_can_be_resolved_by_a_person(shop: Shop) -> None:
    order = shop.order()
    first, second = shop.checkout(order), shop.checkout(order)
    for intent in (first, second):
        shop.deliver(intent, SUCCESS)
        shop.records.await_closed(intent, SUCCESS)
    assert shop.records.effect_statuses(second) == []
    listed = shop.ops("review", "list", "--json").out
    assert second in listed
    assert first not in listed
    hashes = [shop.records.payment(intent)["payment_tx_hash"] for intent in (first, second)]
    assert None not in hashes
    assert hashes[0] != hashes[1]
    kept = shop.ops("review", "resolve", second, "--keep", "--note", "refunded by hand")
    assert kept.code == 0, kept
    assert second not in shop.ops("review", "list", "--json").out
    assert shop.records.status(second) == PENDING


def test_a_second_success_that_a_person_accepts_is_shipped_only_on_demand(shop: Shop) -> None:
    order = shop.order()
    first, second = shop.checkout(order), shop.checkout(order)
    for intent in (first, second):
        shop.deliver(intent, SUCCESS)
        shop.records.await_closed(intent, SUCCESS)
    shop.ops("review", "resolve", second, "--as", SUCCESS, "--note", "paid twice")
    assert shop.records.status(second) == SUCCESS
    assert shop.records.effects(second)[0]["order_already_paid"]
    assert shop.order_page(order)["status"] == "paid"
    assert shop.ops("work", "--once").code == 0
    assert shop.faults.announced(second) == []
    assert shop.ops("replay", second, "--handler").code == 0
    until(lambda: shop.faults.announced(second), why="it is announced")


def test_what_a_person_accepts_after_a_wrong_amount_has_its_hash(shop: Shop) -> None:
    bought = shop.buy()
    shop.simulator.override(bought.intent, fiat_amount="299.0")
    shop.deliver(bought.intent, SUCCESS)
    shop.records.await_closed(bought.intent, SUCCESS)
    told = shop.records.payment(bought.intent)["payment_tx_hash"]
    shop.ops("review", "resolve", bought.intent, "--as", SUCCESS, "--note", "one dollar is fine")
    page = shop.order_page(bought.order)
    assert told
    assert (page["status"], page["payment_tx_hash"]) == ("paid", told)


def test_a_customer_who_tries_again_after_expiry_pays_the_order(shop: Shop) -> None:
    order = shop.order()
    first = shop.checkout(order)
    shop.deliver(first, EXPIRED)
    shop.records.await_closed(first, EXPIRED)
    assert shop.order_page(order)["status"] == "expired"
    second = shop.checkout(order)
    shop.deliver(second, SUCCESS)
    shop.records.await_closed(second, SUCCESS)
    assert shop.order_page(order)["status"] == "paid"
    shop.claim(first, SUCCESS)
    shop.set_truth(first, SUCCESS)
    shop.records.await_closed(first, SUCCESS, within=40)
    assert shop.records.status(first) == EXPIRED
    assert "order_already_paid" in shop.records.payment(first)["review_reason"]
