"""Reviews and what answers them: a change that is applied, or one person, once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from kgscaffold.verify.statuses import EXPIRED, PENDING, REFUNDED, SUCCESS
from tests.conformance.harness.faults import Fault
from tests.conformance.harness.records import PAYMENTS
from tests.conformance.harness.shop import Purchase
from tests.conformance.harness.waiting import until

if TYPE_CHECKING:
    from tests.conformance.harness.project import Ran
    from tests.conformance.harness.shop import Shop


def _held_for_its_amount(shop: Shop) -> Purchase:
    bought = shop.buy()
    shop.set_truth(bought.intent, SUCCESS, fiat_amount="0.01")
    assert shop.claim(bought.intent, SUCCESS).status == 200
    shop.records.await_closed(bought.intent, SUCCESS)
    payment = shop.records.payment(bought.intent)
    assert (payment["status"], payment["review_reason"]) == (PENDING, "amount_mismatch")
    return bought


def _replayed(shop: Shop, bought: Purchase, status: str) -> dict[str, Any]:
    """The payment once KryptoGO's answer, of the right amount, was applied."""
    shop.set_truth(bought.intent, status, fiat_amount="300.0")
    assert shop.ops("replay", bought.intent).code == 0
    shop.records.await_status(bought.intent, status)
    return shop.records.payment(bought.intent)


def _resolve(shop: Shop, bought: Purchase, *verdict: str) -> Ran:
    return shop.ops("review", "resolve", bought.intent, *verdict, "--note", "looked at", "--json")


def test_a_change_that_is_applied_clears_the_review_that_it_answers(shop: Shop) -> None:
    bought = _held_for_its_amount(shop)
    payment = _replayed(shop, bought, SUCCESS)
    assert (bool(payment["needs_review"]), payment["review_reason"]) == (False, None)
    assert bought.intent not in shop.ops("review", "list", "--json").out
    shop.records.await_closed(bought.intent, SUCCESS)
    before = shop.records.history(bought.intent)
    for verdict in (("--as", SUCCESS), ("--as", REFUNDED), ("--keep",)):
        ran = _resolve(shop, bought, *verdict)
        assert (ran.code, "needs no review" in ran.data["error"]) == (1, True), ran
    assert shop.records.history(bought.intent) == before
    assert shop.records.effect_statuses(bought.intent) == [SUCCESS]
    assert shop.faults.announced(bought.intent) == [(bought.intent, SUCCESS)]


def test_a_success_that_was_held_is_not_answered_by_an_expiry(shop: Shop) -> None:
    """The money may be here all the same: only a success, or a person, answers that."""
    bought = _held_for_its_amount(shop)
    payment = _replayed(shop, bought, EXPIRED)
    assert (bool(payment["needs_review"]), payment["review_reason"]) == (True, "amount_mismatch")


def test_a_payment_that_is_settled_at_last_needs_no_review_for_having_waited(shop: Shop) -> None:
    bought = shop.buy()
    waited = {"needs_review": True, "review_reason": "unsettled_for_30_days"}
    shop.database.update(PAYMENTS, waited, payment_intent_id=bought.intent)
    shop.deliver(bought.intent, SUCCESS)
    shop.records.await_status(bought.intent, SUCCESS)
    assert not shop.records.payment(bought.intent)["needs_review"]


def test_a_second_success_stays_in_review_when_the_first_one_changes(shop: Shop) -> None:
    bought = shop.buy()
    twin = Purchase(bought.order, shop.checkout(bought.order))
    for one in (bought, twin):
        shop.deliver(one.intent, SUCCESS)
        shop.records.await_closed(one.intent, SUCCESS)
    assert shop.records.payment(twin.intent)["review_reason"] == "order_already_paid"
    shop.deliver(bought.intent, REFUNDED)
    shop.records.await_closed(bought.intent, REFUNDED)
    assert _resolve(shop, bought, "--as", REFUNDED).code == 0
    assert shop.records.payment(twin.intent)["review_reason"] == "order_already_paid"


def test_a_review_resolved_twice_runs_its_handler_once(shop: Shop) -> None:
    bought = _held_for_its_amount(shop)
    assert _resolve(shop, bought, "--as", SUCCESS).code == 0
    again = _resolve(shop, bought, "--as", SUCCESS)
    assert (again.code, "needs no review" in again.data["error"]) == (1, True), again
    _ran_once(shop, bought)


def test_a_review_resolved_as_the_status_it_has_changes_nothing(shop: Shop) -> None:
    bought = shop.buy()
    for status in (SUCCESS, REFUNDED):
        shop.deliver(bought.intent, status)
        shop.records.await_closed(bought.intent, status)
    before = shop.records.history(bought.intent)
    ran = _resolve(shop, bought, "--as", SUCCESS)
    assert (ran.code, "--keep" in ran.data["error"]) == (1, True), ran
    assert shop.records.payment(bought.intent)["needs_review"]
    assert shop.records.history(bought.intent) == before
    _ran_once(shop, bought)


def test_two_people_who_resolve_at_the_same_moment_run_the_handler_once(shop: Shop) -> None:
    bought = _held_for_its_amount(shop)
    shop.faults.order(bought.intent, apply=Fault(sleep=3))
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: _resolve(shop, bought, "--as", SUCCESS), range(2)))
    assert sorted(ran.code for ran in both) == [0, 1], both
    _ran_once(shop, bought)


def test_a_person_who_resolves_while_the_worker_applies_runs_no_second_handler(shop: Shop) -> None:
    bought = _held_for_its_amount(shop)
    shop.set_truth(bought.intent, SUCCESS, fiat_amount="300.0")
    shop.faults.order(bought.intent, apply=Fault(sleep=4))
    assert shop.ops("replay", bought.intent).code == 0
    until(lambda: shop.faults.attempts(bought.intent), why="the worker's apply has begun")
    ran = _resolve(shop, bought, "--as", SUCCESS)
    assert ran.code == 1, ran
    _ran_once(shop, bought)


def _ran_once(shop: Shop, bought: Purchase) -> None:
    shop.records.await_closed(bought.intent, SUCCESS)
    assert shop.records.status(bought.intent) == SUCCESS
    assert shop.records.effect_statuses(bought.intent) == [SUCCESS]
    assert shop.faults.announced(bought.intent) == [(bought.intent, SUCCESS)]
