"""Every ordered pair of our status and KryptoGO's, set off in three ways."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import TYPE_CHECKING

import pytest

from kgscaffold.verify.statuses import (
    APPLY,
    DECISIONS,
    HOLD,
    LATE,
    ORDER_STATUS,
    PENDING,
    SAME,
    SKIPPED,
    STALE,
    STATUSES,
)
from tests.conformance.harness.database import as_time
from tests.conformance.harness.records import PAYMENTS
from tests.conformance.harness.waiting import until

if TYPE_CHECKING:
    from tests.conformance.harness.shop import Purchase, Shop
    from tests.conformance.harness.world import World

CLAIM, RECHECK, RECONCILE = "claim", "recheck", "reconcile"
TRIGGERS = (CLAIM, RECHECK, RECONCILE)
Case = tuple[str, str, str]
CASES: list[Case] = list(product(STATUSES, STATUSES, TRIGGERS))


def _decide_all(shop: Shop) -> dict[Case, Purchase]:
    with ThreadPoolExecutor(8) as pool:
        bought = dict(zip(CASES, pool.map(lambda _: shop.buy(), CASES), strict=True))
        list(pool.map(lambda case: _bring_to(shop, bought[case], case[0]), CASES))
        list(pool.map(lambda case: _set_off(shop, bought[case], case), CASES))
        reconciled = shop.ops("reconcile")
        assert reconciled.code == 0, reconciled
        list(pool.map(lambda case: _await_decision(shop, bought[case], case), CASES))
    return bought


def _bring_to(shop: Shop, bought: Purchase, ours: str) -> None:
    if ours == PENDING:
        return
    shop.deliver(bought.intent, ours)
    shop.records.await_status(bought.intent, ours, within=60)
    shop.records.await_closed(bought.intent, ours, within=60)


def _set_off(shop: Shop, bought: Purchase, case: Case) -> None:
    _, theirs, trigger = case
    shop.set_truth(bought.intent, theirs)
    if trigger == RECONCILE:
        past = shop.records.payment(bought.intent)["created_at"]
        due = {"next_check_at": past}
        shop.database.update(PAYMENTS, due, payment_intent_id=bought.intent)
    else:
        said = theirs if trigger == CLAIM else "refunded"
        assert shop.claim(bought.intent, said).status == 200


def _await_decision(shop: Shop, bought: Purchase, case: Case) -> None:
    ours, theirs, trigger = case
    if DECISIONS[ours, theirs] == APPLY:
        shop.records.await_status(bought.intent, theirs, within=60)
    if trigger == RECONCILE:
        until(lambda: _checked(shop, bought), 60, why=lambda: shop.describe(bought.intent))
    else:
        shop.records.await_closed(bought.intent, theirs if trigger == CLAIM else RECHECK, 60)


def _checked(shop: Shop, bought: Purchase) -> bool:
    payment = shop.records.payment(bought.intent)
    check = payment["next_check_at"]
    return check is None or as_time(check) > as_time(payment["created_at"])


@pytest.fixture
def decided(world: World) -> dict[Case, Purchase]:
    """All cases, decided, on a shop of their own."""
    return world.once("decided", lambda: _decide_all(decision_shop(world)))


def decision_shop(world: World) -> Shop:
    """The shop the cases are decided in."""
    return world.once("decision shop", lambda: world.keep(world.open_shop()))


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_the_decision_is_that_of_the_table(
    world: World, decided: dict[Case, Purchase], case: Case
) -> None:
    shop, bought = decision_shop(world), decided[case]
    ours, theirs, trigger = case
    decision = DECISIONS[ours, theirs]
    first_pending = (ours, theirs, trigger) == (PENDING, PENDING, CLAIM)
    expected = theirs if decision == APPLY else ours
    why = shop.describe(bought.intent)
    page = shop.order_page(bought.order)
    assert shop.records.status(bought.intent) == expected, why
    assert page["status"] == ORDER_STATUS[expected], why
    path = [status for status in (ours,) if status != PENDING]
    if decision == APPLY or first_pending:
        path.append(theirs)
    assert shop.records.effect_statuses(bought.intent) == path, why
    assert shop.records.applied(bought.intent) == path, why
    assert bool(shop.records.payment(bought.intent)["needs_review"]) == (decision == HOLD), why


@pytest.mark.parametrize("case", [c for c in CASES if c[2] != RECONCILE], ids="-".join)
def test_the_history_and_the_callback_tell_the_decision(
    world: World, decided: dict[Case, Purchase], case: Case
) -> None:
    shop, bought = decision_shop(world), decided[case]
    ours, theirs, trigger = case
    decision = DECISIONS[ours, theirs]
    outcomes = [] if ours == PENDING else [APPLY]
    if (ours, theirs, trigger) == (PENDING, PENDING, CLAIM):
        outcomes.append(APPLY)
    elif decision != SAME or trigger == RECHECK:
        outcomes.append(decision)
    why = shop.describe(bought.intent)
    assert shop.records.outcomes(bought.intent) == outcomes, why
    callback = shop.records.callbacks(bought.intent)[theirs if trigger == CLAIM else RECHECK]
    assert callback["state"] == "done", why
    if decision in (STALE, HOLD):
        assert callback["outcome"] == decision, why


@pytest.mark.parametrize("case", [c for c in CASES if DECISIONS[c[:2]] == APPLY], ids="-".join)
def test_the_handler_is_told_how_the_payment_came_here(
    world: World, decided: dict[Case, Purchase], case: Case
) -> None:
    ours, theirs, trigger = case
    effect = decision_shop(world).records.effects(decided[case].intent)[-1]
    assert effect["from_status"] == ours
    assert effect["key"] == f"{decided[case].intent}:{theirs}"
    assert bool(effect["late"]) == ((ours, theirs) in LATE)
    assert bool(effect["skipped"]) == ((ours, theirs) in SKIPPED)
    assert not effect["order_already_paid"]
    claimed = {CLAIM: theirs, RECHECK: "refunded", RECONCILE: None}[trigger]
    assert effect["claimed_status"] == claimed


@pytest.mark.parametrize("case", [c for c in CASES if DECISIONS[c[:2]] == HOLD], ids="-".join)
def test_a_hold_says_why_and_is_in_the_log(
    world: World, decided: dict[Case, Purchase], case: Case
) -> None:
    shop, bought = decision_shop(world), decided[case]
    assert shop.records.payment(bought.intent)["review_reason"]
    lines = [line for line in shop.log_text().splitlines() if bought.intent in line]
    assert any("review" in line for line in lines), lines


@pytest.mark.parametrize("ours", STATUSES)
def test_a_hold_is_recorded_once_however_often_it_is_found(shop: Shop, ours: str) -> None:
    bought = shop.buy()
    _bring_to(shop, bought, ours)
    shop.set_truth(bought.intent, "cancelled")
    for _ in range(3):
        assert shop.claim(bought.intent, "cancelled").status == 200
        until(lambda: _held_again(shop, bought), 20, why=lambda: shop.describe(bought.intent))
        shop.records.age_callback(bought.intent, 70)
    assert shop.records.outcomes(bought.intent).count(HOLD) == 1
    payment = shop.records.payment(bought.intent)
    assert (payment["status"], bool(payment["needs_review"])) == (ours, True)
    assert "unknown_api_status" in payment["review_reason"]
    assert shop.order_page(bought.order)["status"] == ORDER_STATUS[ours]


def _held_again(shop: Shop, bought: Purchase) -> bool:
    callback = shop.records.callbacks(bought.intent)[RECHECK]
    return callback["state"] == "done" and bool(callback["outcome"] == HOLD)
