"""What a callback claims, against what KryptoGO answers: only the answer moves a payment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from tests.conformance.harness.waiting import until
from tests.conformance.statuses import (
    EXPIRED,
    NOT_REFUNDED,
    ORDER_STATUS,
    PENDING,
    REFUNDED,
    STATUSES,
    SUCCESS,
    reaches,
)

if TYPE_CHECKING:
    from tests.conformance.harness.shop import Purchase, Shop
    from tests.conformance.harness.world import World

Pair = tuple[str, str]
PAIRS: list[Pair] = list(permutations(STATUSES, 2))
PASSED, AHEAD, UNRELATED = "passed", "ahead", "unrelated"


def _standing(truth: str, claim: str) -> str:
    """Where `claim` stands once the payment has followed KryptoGO to `truth`."""
    if reaches(claim, truth):
        return PASSED
    return AHEAD if reaches(truth, claim) else UNRELATED


def _claim_all(shop: Shop) -> dict[Pair, Purchase]:
    def play(pair: Pair) -> Purchase:
        truth, claim = pair
        bought = shop.buy()
        shop.set_truth(bought.intent, truth)
        shop.claim(bought.intent, claim)
        if truth != PENDING:
            shop.records.await_status(bought.intent, truth, within=60)
        until(lambda: _looked_at(shop, bought, claim), 60, why=lambda: shop.describe(bought.intent))
        return bought

    with ThreadPoolExecutor(8) as pool:
        return dict(zip(PAIRS, pool.map(play, PAIRS), strict=True))


def _looked_at(shop: Shop, bought: Purchase, claim: str) -> bool:
    callback = shop.records.callbacks(bought.intent)[claim]
    return callback["attempts"] > 0 and callback["lease_token"] is None


@pytest.fixture
def claimed(world: World) -> dict[Pair, Purchase]:
    """For every pair: KryptoGO's answer is the one, the callback says the other."""
    return world.once("claimed", lambda: _claim_all(world.common_shop))


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_the_payment_follows_the_answer_and_not_the_claim(
    shop: Shop, claimed: dict[Pair, Purchase], pair: Pair
) -> None:
    truth, _ = pair
    bought = claimed[pair]
    effects = [] if truth == PENDING else [truth]
    assert shop.records.status(bought.intent) == truth
    assert shop.records.effect_statuses(bought.intent) == effects, shop.describe(bought.intent)
    assert shop.order_page(bought.order)["status"] == ORDER_STATUS[truth]


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_a_claim_is_closed_if_passed_or_unrelated_and_waits_if_ahead(
    shop: Shop, claimed: dict[Pair, Purchase], pair: Pair
) -> None:
    bought, standing = claimed[pair], _standing(*pair)
    why = shop.describe(bought.intent)
    if standing == AHEAD:
        assert shop.records.state(bought.intent, pair[1]) in ("pending", "applied"), why
        return
    callback = shop.records.await_closed(bought.intent, pair[1])
    assert callback["state"] == "done", why
    assert (callback["outcome"] == "unrelated") == (standing == UNRELATED), why


AHEADS = [pair for pair in PAIRS if _standing(*pair) == AHEAD]


@pytest.fixture
def waited(world: World, claimed: dict[Pair, Purchase]) -> dict[Pair, dict[str, object]]:
    """For every claim that is ahead: its callback, when all waits for it are over."""

    def wait(pair: Pair) -> dict[str, object]:
        return world.common_shop.records.pass_waits(claimed[pair].intent, pair[1], 80)

    def wait_all() -> dict[Pair, dict[str, object]]:
        with ThreadPoolExecutor(8) as pool:
            return dict(zip(AHEADS, pool.map(wait, AHEADS), strict=True))

    return world.once("waited", wait_all)


@pytest.mark.parametrize("pair", AHEADS, ids="-".join)
def test_a_claim_ahead_for_three_minutes_is_closed_and_its_key_is_not_consumed(
    shop: Shop,
    claimed: dict[Pair, Purchase],
    waited: dict[Pair, dict[str, object]],
    pair: Pair,
) -> None:
    truth, claim = pair
    bought, callback = claimed[pair], waited[pair]
    assert shop.records.status(bought.intent) == truth
    if truth == PENDING:
        assert callback["state"] == "rejected"
        assert "rejected" in shop.records.outcomes(bought.intent)
    else:
        assert callback["state"] == "done", "its own delivery has led to what was applied"
        shop.records.age_callback(bought.intent, 70, claim)
    shop.deliver(bought.intent, claim)
    shop.records.await_status(bought.intent, claim)
    assert shop.records.effect_statuses(bought.intent)[-1] == claim
    assert shop.order_page(bought.order)["status"] == ORDER_STATUS[claim]


def test_a_status_that_the_api_shows_late_is_applied_then(shop: Shop) -> None:
    bought = shop.buy()
    shop.simulator.override(bought.intent, status=PENDING)
    shop.deliver(bought.intent, SUCCESS)
    until(lambda: _looked_at(shop, bought, SUCCESS), why="the API was asked")
    assert shop.records.status(bought.intent) == PENDING
    shop.simulator.clear_overrides(bought.intent)
    shop.records.await_status(bought.intent, SUCCESS, within=30)
    assert shop.records.await_closed(bought.intent, SUCCESS)["state"] == "done"
    assert shop.records.effect_statuses(bought.intent) == [SUCCESS]
    assert shop.order_page(bought.order)["status"] == "paid"


def test_a_refund_after_an_underpayment_is_not_lost(shop: Shop) -> None:
    bought = shop.buy()
    for status in (NOT_REFUNDED, REFUNDED):
        shop.deliver(bought.intent, status)
        shop.records.await_status(bought.intent, status)
    assert shop.records.effect_statuses(bought.intent) == [NOT_REFUNDED, REFUNDED]
    page = shop.order_page(bought.order)
    truth = shop.simulator.intent(bought.intent)
    assert page["status"] == "refunded"
    assert page["refund_tx_hash"] == truth["refund_tx_hash"]
    assert float(page["refund_amount"]) == float(truth["refund_amount"])


def test_callbacks_in_reverse_order_end_at_the_last_status(shop: Shop) -> None:
    bought = shop.buy()
    shop.set_truth(bought.intent, SUCCESS)
    for status in (SUCCESS, EXPIRED, PENDING):
        assert shop.claim(bought.intent, status).status == 200
    for status in (SUCCESS, EXPIRED, PENDING):
        assert shop.records.await_closed(bought.intent, status)["state"] == "done"
    assert shop.records.effect_statuses(bought.intent) == [SUCCESS]
    assert shop.order_page(bought.order)["status"] == "paid"


def test_an_unrelated_claim_is_looked_at_again_at_most_once_a_minute(shop: Shop) -> None:
    bought = shop.buy()
    shop.deliver(bought.intent, REFUNDED)
    shop.records.await_closed(bought.intent, REFUNDED)
    shop.claim(bought.intent, SUCCESS)
    assert shop.records.await_closed(bought.intent, SUCCESS)["outcome"] == "unrelated"
    before = len(shop.records.outcomes(bought.intent))
    shop.claim(bought.intent, SUCCESS)
    assert shop.records.state(bought.intent, SUCCESS) == "done"
    shop.records.age_callback(bought.intent, 70, SUCCESS)
    shop.claim(bought.intent, SUCCESS)
    until(
        lambda: len(shop.records.outcomes(bought.intent)) > before,
        why=lambda: shop.describe(bought.intent),
    )


def test_a_delivery_makes_a_waiting_callback_due_now(shop: Shop) -> None:
    bought = shop.buy()
    shop.claim(bought.intent, SUCCESS)
    until(lambda: _attempts_ended(shop, bought) >= 3, why="the next wait is 10 s")
    shop.set_truth(bought.intent, SUCCESS)
    shop.records.age_lease(bought.intent, SUCCESS)
    shop.claim(bought.intent, SUCCESS)
    shop.records.await_status(bought.intent, SUCCESS, within=5)


def _attempts_ended(shop: Shop, bought: Purchase) -> int:
    callback = shop.records.callbacks(bought.intent)[SUCCESS]
    return int(callback["attempts"]) if callback["lease_token"] is None else 0


def test_the_first_confirmed_pending_runs_its_handler_once(shop: Shop) -> None:
    bought = shop.buy()
    for _ in range(3):
        assert shop.claim(bought.intent, PENDING).status == 200
        shop.records.await_closed(bought.intent, PENDING)
    assert shop.records.effect_statuses(bought.intent) == [PENDING]
    assert shop.records.applied(bought.intent) == [PENDING]
    assert shop.order_page(bought.order)["status"] == "new"
