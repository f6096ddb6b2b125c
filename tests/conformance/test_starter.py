"""The small shop around the callback, as its customer and its KryptoGO see it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import TYPE_CHECKING

import httpx
import pytest

from kgscaffold.verify.statuses import EXPIRED, NOT_REFUNDED, ORDER_STATUS, REFUNDED, SUCCESS
from tests.conformance.harness.records import PAYMENTS
from tests.conformance.harness.shop import TOKEN
from tests.servers.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.harness.shop import Shop
    from tests.conformance.harness.world import World

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


def test_a_second_click_gives_the_same_payment_again(shop: Shop) -> None:
    order = shop.order()
    assert shop.click(order) == shop.click(order) == shop.click(order)
    assert len(shop.records.payments_of(order)) == 1


@pytest.mark.parametrize("processes", [1, 2])
def test_clicks_at_the_same_time_make_one_payment(world: World, processes: int) -> None:
    """In two processes, where the second click comes while the first waits for KryptoGO."""
    with world.open_shop() as shop:
        webs = [shop.webs[0], shop.start_web() if processes == 2 else shop.webs[0]]
        order = shop.order()
        shop.simulator.set_provider(mode="slow", latency=1)
        with ThreadPoolExecutor(2) as pool:
            first = pool.submit(shop.click, order, webs[0])
            time.sleep(0.3)
            second = pool.submit(shop.click, order, webs[1])
            assert first.result() == second.result()
        assert len(shop.records.payments_of(order)) == 1


def test_clicks_in_several_processes_make_one_payment(world: World) -> None:
    """All hear from KryptoGO before any has registered."""
    with world.open_shop() as shop:
        webs = [shop.webs[0], shop.start_web(), shop.start_web()]
        for _ in range(6):
            order = shop.order()
            with ThreadPoolExecutor(3) as pool:
                addresses = set(pool.map(lambda web, order=order: shop.click(order, web), webs))
            assert len(addresses) == 1
            assert len(shop.records.payments_of(order)) == 1


def test_a_payment_that_came_is_not_asked_for_again_though_its_callback_is_lost(
    shop: Shop,
) -> None:
    bought = shop.buy()
    shop.set_truth(bought.intent, SUCCESS)
    answer = httpx.post(f"{shop.webs[0].url}/orders/{bought.order}/checkout", timeout=30)
    assert answer.status_code == 409, answer.text
    assert "payment_address" not in answer.text
    shop.records.await_status(bought.intent, SUCCESS)
    assert len(shop.records.payments_of(bought.order)) == 1


def test_a_payment_that_is_held_for_a_person_is_not_asked_for_again(shop: Shop) -> None:
    bought = shop.buy()
    shop.simulator.override(bought.intent, fiat_amount="299.0")
    shop.set_truth(bought.intent, SUCCESS)
    shop.deliver(bought.intent, SUCCESS)
    shop.records.await_closed(bought.intent, SUCCESS)
    answer = httpx.post(f"{shop.webs[0].url}/orders/{bought.order}/checkout", timeout=30)
    assert answer.status_code == 409, answer.text
    assert len(shop.records.payments_of(bought.order)) == 1


def _soon_over(shop: Shop, intent: str) -> None:
    shop.records.move_deadline(intent, -1510)


def _settled(shop: Shop, intent: str) -> None:
    shop.deliver(intent, EXPIRED)
    shop.records.await_closed(intent, EXPIRED)


def _expired_without_a_callback(shop: Shop, intent: str) -> None:
    shop.set_truth(intent, EXPIRED)


def _of_another_amount(shop: Shop, intent: str) -> None:
    shop.simulator.override(intent, fiat_amount="299.0")


def _registered_for_another_amount(shop: Shop, intent: str) -> None:
    amount = {"expected_fiat_amount": "299"}
    shop.database.update(PAYMENTS, amount, payment_intent_id=intent)


@pytest.mark.parametrize(
    "change",
    [
        _soon_over,
        _settled,
        _expired_without_a_callback,
        _of_another_amount,
        _registered_for_another_amount,
    ],
)
def test_what_can_not_be_paid_any_more_is_not_given_again(
    shop: Shop, change: Callable[[Shop, str], None]
) -> None:
    bought = shop.buy()
    change(shop, bought.intent)
    address = shop.simulator.intent(bought.intent)["payment_address"]
    assert shop.click(bought.order) != address
    assert len(shop.records.payments_of(bought.order)) == 2


def test_a_checkout_without_provider_says_where_and_why(world: World) -> None:
    with world.open_shop() as shop:
        order = shop.order()
        shop.simulator.set_provider(mode="error", error_status=500)
        _assert_bad_gateway(shop, order, "HTTP 500")
        shop.webs[0].stop()
        nobody = f"http://127.0.0.1:{free_port()}"
        shop.restart_web(shop.webs[0], KRYPTOGO_API_BASE_URL=nobody)
        _assert_bad_gateway(shop, order, f"{nobody}/v1/studio/api/payment/intent: ConnectError")


def _assert_bad_gateway(shop: Shop, order: str, cause: str) -> None:
    answer = httpx.post(f"{shop.webs[0].url}/orders/{order}/checkout", timeout=30)
    assert answer.status_code == 502, answer.text
    (line,) = [one for one in shop.log_text().splitlines() if order in one and cause in one]
    assert "WARNING" in line
    assert "http://127.0.0.1" in line
    log = shop.log_text()
    assert "Traceback" not in log
    for secret in (shop.variables["KRYPTOGO_STUDIO_API_KEY"], TOKEN):
        assert secret not in log
    assert not shop.records.payments_of(order)


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
