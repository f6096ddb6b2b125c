"""The small shop around the callback, as its customer and its KryptoGO see it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.conformance.statuses import EXPIRED, NOT_REFUNDED, ORDER_STATUS, REFUNDED, SUCCESS

if TYPE_CHECKING:
    from tests.conformance.harness.shop import Shop

FIELDS = (
    "id",
    "status",
    "amount",
    "currency",
    "payment_tx_hash",
    "refund_tx_hash",
    "refund_amount",
    "payments",
)


@pytest.mark.parametrize(("amount", "currency"), [("300.0", "TWD"), ("0.01", "USD")])
def test_an_order_is_made_and_told(shop: Shop, amount: str, currency: str) -> None:
    order = shop.order(amount, currency)
    assert isinstance(order, str)
    page = shop.order_page(order)
    assert set(FIELDS) <= set(page)
    assert (page["id"], page["status"], page["payments"]) == (order, "new", [])
    assert Decimal(page["amount"]) == Decimal(amount)
    assert page["currency"] == currency
    assert page["payment_tx_hash"] is page["refund_tx_hash"] is page["refund_amount"] is None


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"amount": "abc", "currency": "TWD"},
        {"amount": "0", "currency": "TWD"},
        {"amount": "-1", "currency": "TWD"},
        {"amount": "NaN", "currency": "TWD"},
        {"amount": "1e400", "currency": "TWD"},
        {"amount": "300.0", "currency": "EUR"},
        {"amount": None, "currency": "TWD"},
        {"amount": "300.0", "currency": "\u0000"},
        [],
    ],
    ids=str,
)
def test_a_bad_order_is_refused(shop: Shop, order: object) -> None:
    answer = httpx.post(f"{shop.webs[0].url}/orders", json=order)
    assert 400 <= answer.status_code < 500, answer.text


@pytest.mark.parametrize(
    "body",
    [
        b'{"amount": NaN, "currency": "TWD"}',
        b'{"amount": -Infinity, "currency": "TWD"}',
        b'{"amount": 1e999, "currency": "TWD"}',
        b'{"amount": "300", "currency": "\\ud800"}',
        b'{"amount": "\\udfff", "currency": "TWD"}',
        b'{"amount": "300", "currency": NaN',
        b"\xff",
    ],
)
def test_an_order_that_cannot_be_repeated_is_refused(shop: Shop, body: bytes) -> None:
    answer = httpx.post(
        f"{shop.webs[0].url}/orders", content=body, headers={"Content-Type": "application/json"}
    )
    assert 400 <= answer.status_code < 500, answer.text


@pytest.mark.parametrize("order", ["0", "nobody", "99999999999999999999", "%00"])
def test_an_unknown_order_is_not_found(shop: Shop, order: str) -> None:
    url = f"{shop.webs[0].url}/orders/{order}"
    assert httpx.get(url).status_code == 404
    assert httpx.post(f"{url}/checkout").status_code == 404


def test_a_checkout_registers_what_the_order_says(shop: Shop) -> None:
    order = shop.order("123.45", "USD")
    answer = httpx.post(f"{shop.webs[0].url}/orders/{order}/checkout", json={"amount": "0.01"})
    assert answer.status_code in (200, 201)
    (payment,) = shop.records.payments_of(order)
    truth = shop.simulator.intent(payment["payment_intent_id"])
    assert truth["payment_address"] in answer.text
    assert Decimal(str(payment["expected_fiat_amount"])) == Decimal("123.45")
    assert (payment["fiat_currency"], payment["status"]) == ("USD", "pending")
    assert (payment["client_id"], payment["environment"]) == ("sim_client", "test")
    assert (Decimal(truth["fiat_amount"]), truth["fiat_currency"]) == (Decimal("123.45"), "USD")
    assert truth["order_data"] == {"order_id": order}
    assert truth["callback_url"] == shop.callback_url()
    (shown,) = shop.order_page(order)["payments"]
    assert payment["payment_intent_id"] in str(shown)


def test_the_health_page_answers(shop: Shop) -> None:
    assert httpx.get(f"{shop.webs[0].url}/healthz").status_code == 200


@pytest.mark.parametrize("status", [SUCCESS, EXPIRED, NOT_REFUNDED, REFUNDED])
def test_kryptogo_s_own_callback_settles_the_order(shop: Shop, status: str) -> None:
    bought = shop.buy()
    shop.simulator.set_status(bought.intent, status)
    shop.records.await_status(bought.intent, status)
    page = shop.order_page(bought.order)
    truth = shop.simulator.intent(bought.intent)
    assert page["status"] == ORDER_STATUS[status]
    for field in ("payment_tx_hash", "refund_tx_hash"):
        assert page[field] == truth.get(field)


def test_callbacks_that_are_lost_delayed_doubled_and_reordered_settle_the_order(
    shop: Shop,
) -> None:
    try:
        shop.simulator.set_switches(
            duplicates=3, reorder=True, delay=0.2, jitter=0.5, loss=0.3, send_pending=True
        )
        bought = [shop.buy() for _ in range(10)]
        for status in (NOT_REFUNDED, SUCCESS):
            for one in bought:
                shop.simulator.set_status(one.intent, status)
        shop.simulator.drain()
        for one in bought:
            shop.claim(one.intent, SUCCESS)
            shop.records.await_status(one.intent, SUCCESS)
            assert shop.order_page(one.order)["status"] == "paid"
            effects = shop.records.effect_statuses(one.intent)
            assert len(set(effects)) == len(effects)
    finally:
        defaults = {"duplicates": 0, "reorder": False, "delay": 0, "jitter": 0, "loss": 0}
        shop.simulator.set_switches(**defaults, send_pending=False)
