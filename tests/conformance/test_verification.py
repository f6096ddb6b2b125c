"""Before every change: KryptoGO's intent must be the one this order registered."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from kgscaffold.simulator.client import REMOVE
from kgscaffold.verify.statuses import EXPIRED, NOT_REFUNDED, REFUNDED, SUCCESS
from tests.conformance.harness.records import PAYMENTS
from tests.conformance.harness.waiting import until

if TYPE_CHECKING:
    from tests.conformance.harness.shop import Purchase, Shop

HELD: dict[str, tuple[dict[str, Any], str]] = {
    "less money": ({"fiat_amount": "0.01"}, "amount_mismatch"),
    "a cent less": ({"fiat_amount": "299.9999"}, "amount_mismatch"),
    "more money": ({"fiat_amount": "3000.0"}, "amount_mismatch"),
    "another currency": ({"fiat_currency": "USD"}, "currency_mismatch"),
    "no amount": ({"fiat_amount": REMOVE}, "unverifiable"),
    "null amount": ({"fiat_amount": None}, "unverifiable"),
    "amount NaN": ({"fiat_amount": "NaN"}, "unverifiable"),
    "amount that is no number": ({"fiat_amount": "three hundred"}, "unverifiable"),
    "no currency": ({"fiat_currency": REMOVE}, "unverifiable"),
    "another client": ({"client_id": "another_client"}, "client"),
    "another intent": ({"payment_intent_id": "another_intent"}, "intent"),
    "another order": ({"order_data": {"order_id": "another"}}, "order"),
    "received below due": ({"received_crypto_amount": "0.000001"}, "received"),
    "another name, below due": (
        {"received_crypto_amount": REMOVE, "received_amount": "0.000001"},
        "received",
    ),
}
AGREEING: dict[str, dict[str, Any]] = {
    "the same amount, written otherwise": {"fiat_amount": "300.00"},
    "the same amount with more zeros": {"fiat_amount": "0300.000000"},
    "no client": {"client_id": REMOVE},
    "null client": {"client_id": None},
    "no order data": {"order_data": REMOVE},
    "order data without the key": {"order_data": {"item_id": "100"}},
    "nothing said of what was received": {"received_crypto_amount": REMOVE},
    "nothing said of what is due": {"crypto_amount": REMOVE},
    "a field nobody knows": {"surprise": {"deep": [1, 2, None]}},
}


def _held(shop: Shop, bought: Purchase, status: str = SUCCESS) -> str:
    """Wait until the claim is closed, check that nothing moved; the reason for the review."""
    callback = shop.records.await_closed(bought.intent, status)
    payment = shop.records.payment(bought.intent)
    why = shop.describe(bought.intent)
    assert (callback["state"], callback["outcome"]) == ("done", "conflict"), why
    assert payment["status"] == "pending", why
    assert payment["needs_review"], why
    assert shop.records.outcomes(bought.intent) == ["conflict"], why
    assert not shop.records.effects(bought.intent), why
    assert shop.order_page(bought.order)["status"] == "new"
    return str(payment["review_reason"])


@pytest.mark.parametrize("name", HELD)
def test_an_intent_that_differs_is_held_for_review(shop: Shop, name: str) -> None:
    overrides, reason = HELD[name]
    bought = shop.buy()
    shop.simulator.override(bought.intent, **overrides)
    shop.deliver(bought.intent, SUCCESS)
    assert reason in _held(shop, bought)


@pytest.mark.parametrize("name", AGREEING)
def test_an_intent_that_agrees_is_applied(shop: Shop, name: str) -> None:
    bought = shop.buy()
    shop.simulator.override(bought.intent, **AGREEING[name])
    shop.deliver(bought.intent, SUCCESS)
    shop.records.await_status(bought.intent, SUCCESS)
    assert shop.order_page(bought.order)["status"] == "paid"


@pytest.mark.parametrize("status", [EXPIRED, NOT_REFUNDED, REFUNDED])
def test_the_comparison_precedes_every_change_not_only_success(shop: Shop, status: str) -> None:
    bought = shop.buy()
    shop.simulator.override(bought.intent, fiat_amount="0.01")
    shop.deliver(bought.intent, status)
    assert "amount_mismatch" in _held(shop, bought, status)


def test_a_payment_of_another_environment_is_held(shop: Shop) -> None:
    bought = shop.buy()
    production = {"environment": "production"}
    shop.database.update(PAYMENTS, production, payment_intent_id=bought.intent)
    shop.deliver(bought.intent, SUCCESS)
    assert "environment" in _held(shop, bought)


def test_a_payment_of_another_client_is_held(shop: Shop) -> None:
    bought = shop.buy()
    other = {"client_id": "former_client"}
    shop.database.update(PAYMENTS, other, payment_intent_id=bought.intent)
    shop.deliver(bought.intent, SUCCESS)
    assert "client" in _held(shop, bought)


def test_what_the_callback_says_of_money_is_not_believed(shop: Shop) -> None:
    bought = shop.buy()
    shop.set_truth(bought.intent, SUCCESS)
    lies = {"fiat_amount": "0.01", "payment_tx_hash": "0xforged", "received_crypto_amount": "9"}
    assert shop.claim(bought.intent, SUCCESS, **lies).status == 200
    shop.records.await_status(bought.intent, SUCCESS)
    truth = shop.simulator.intent(bought.intent)
    assert shop.order_page(bought.order)["payment_tx_hash"] == truth["payment_tx_hash"]
    received = Decimal(str(shop.records.payment(bought.intent)["received_crypto_amount"]))
    assert received == Decimal(truth["received_crypto_amount"])


@pytest.mark.parametrize("naming", ["received_crypto_amount", "received_amount"])
def test_amounts_are_recorded_under_either_name(shop: Shop, naming: str) -> None:
    shop.simulator.set_switches(naming=naming)
    try:
        bought = shop.buy()
        shop.deliver(bought.intent, SUCCESS)
        shop.records.await_status(bought.intent, SUCCESS)
    finally:
        shop.simulator.set_switches(naming="received_crypto_amount")
    truth = shop.simulator.intent(bought.intent)
    payment = shop.records.payment(bought.intent)
    for field in ("received_crypto_amount", "aggregated_crypto_amount", "crypto_amount"):
        assert Decimal(str(payment[field])) == Decimal(truth[field])
    for field in ("payment_tx_hash", "aggregation_tx_hash", "symbol", "payment_chain_id"):
        assert payment[field] == truth[field]


def test_a_mismatch_that_kryptogo_corrects_is_applied_after_replay(shop: Shop) -> None:
    bought = shop.buy()
    shop.simulator.override(bought.intent, fiat_amount="0.01")
    shop.deliver(bought.intent, SUCCESS)
    _held(shop, bought)
    shop.simulator.clear_overrides(bought.intent)
    assert shop.ops("replay", bought.intent).code == 0
    shop.records.await_status(bought.intent, SUCCESS)
    assert shop.order_page(bought.order)["status"] == "paid"


def test_an_answer_that_began_before_a_faster_one_decides_nothing(shop: Shop) -> None:
    """The slow worker's old `expired` must not be held against the success of a faster one."""
    bought = shop.buy()
    shop.set_truth(bought.intent, EXPIRED)
    shop.claim(bought.intent, EXPIRED)
    shop.claim(bought.intent, SUCCESS)
    shop.set_truth(bought.intent, SUCCESS)
    shop.records.await_status(bought.intent, SUCCESS, within=30)
    until(lambda: shop.records.closed(bought.intent, SUCCESS), why="closed")
    assert not shop.records.payment(bought.intent)["needs_review"], shop.describe(bought.intent)
