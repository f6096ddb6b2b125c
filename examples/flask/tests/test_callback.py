# kgscaffold:id=tests/kryptogo
"""What a callback does to an order, on the real database. Only KryptoGO's answers are made up."""

import logging
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from httpx import Client, Response

from app.kryptogo import Payment, PaymentEvent, process_due, register_intent
from app.kryptogo.config import sessions
from app.kryptogo.core import review, settle, store, worker
from app.kryptogo.core.concurrency import together
from app.kryptogo.core.database import Tx
from app.kryptogo.core.model import Callback, Handler, Status, now
from app.kryptogo.core.route import mask_token
from app.kryptogo.core.tables import callbacks
from app.kryptogo.core.tables import payments as payments_table
from app.kryptogo.handlers import BY_STATUS, success

from .conftest import KryptoGO

CALLBACK = "/api/payment/callback"


def send(shop: Client, intent: str, status: str, **fields: Any) -> Response:
    body = {"payment_intent_id": intent, "status": status, **fields}
    return shop.post(CALLBACK, params={"token": "secret"}, json=body)


def new_order(shop: Client) -> str:
    answer = shop.post("/orders", json={"amount": "300.0", "currency": "TWD"})
    order_id: str = answer.json()["id"]
    return order_id


def checked_out(shop: Client) -> tuple[str, str]:
    order_id = new_order(shop)
    answer = shop.post(f"/orders/{order_id}/checkout")
    return order_id, answer.json()["payment_intent_id"]


def order_status(shop: Client, order_id: str) -> str:
    status: str = shop.get(f"/orders/{order_id}").json()["status"]
    return status


def history(intent: str) -> list[dict[str, Any]]:
    return store.history_of(intent)


def outcomes(intent: str) -> list[str]:
    return [line["outcome"] for line in history(intent)]


def payment(intent: str) -> Payment:
    found = store.get_payment(intent)
    assert found is not None
    return found


def callback(intent: str) -> Callback:
    (found,) = store.callbacks_of(intent)
    return found


def change_payment(intent: str, **values: Any) -> None:
    mine = payments_table.c.payment_intent_id == intent
    with sessions.begin() as tx:
        tx.execute(sa.update(payments_table).where(mine).values(values))


def work_later(intent: str) -> None:
    """Process the callbacks of an intent as if their waiting time were over."""
    mine = callbacks.c.payment_intent_id == intent
    with sessions.begin() as tx:
        tx.execute(sa.update(callbacks).where(mine).values(next_attempt_at=now()))
    process_due()


@pytest.mark.parametrize(
    ("status", "order"),
    [
        ("pending", "new"),
        ("success", "paid"),
        ("expired", "expired"),
        ("insufficient_not_refunded", "underpaid"),
        ("insufficient_refunded", "refunded"),
    ],
)
def test_a_confirmed_status_reaches_the_order_once(
    shop: Client, kryptogo: KryptoGO, status: str, order: str
) -> None:
    order_id, intent = checked_out(shop)
    kryptogo.intents[intent]["status"] = status
    for _ in range(3):
        assert send(shop, intent, status).json() == {"received": True}
        process_due()
    assert order_status(shop, order_id) == order
    assert outcomes(intent).count("applied") == 1


def test_a_second_click_is_given_the_payment_of_the_first(shop: Client, kryptogo: KryptoGO) -> None:
    order_id, intent = checked_out(shop)
    again = [shop.post(f"/orders/{order_id}/checkout") for _ in range(2)]
    assert {answer.json()["payment_intent_id"] for answer in again} == {intent}
    kryptogo.intents[intent]["status"] = "expired"
    later = shop.post(f"/orders/{order_id}/checkout")
    assert later.json()["payment_intent_id"] != intent


def test_a_forged_success_is_not_believed(shop: Client, kryptogo: KryptoGO) -> None:
    order_id, intent = checked_out(shop)
    send(shop, intent, "success")
    process_due()
    assert order_status(shop, order_id) == "new"


def test_a_cheaper_intent_does_not_pay_for_the_order(shop: Client, kryptogo: KryptoGO) -> None:
    order_id, intent = checked_out(shop)
    kryptogo.intents[intent] |= {"status": "success", "fiat_amount": "0.01"}
    send(shop, intent, "success")
    process_due()
    assert order_status(shop, order_id) == "new"
    assert payment(intent).review_reason == "amount_mismatch"


def test_a_paid_order_is_never_downgraded(shop: Client, kryptogo: KryptoGO) -> None:
    order_id, intent = checked_out(shop)
    for status in ("success", "expired"):
        kryptogo.intents[intent]["status"] = status
        send(shop, intent, status)
        process_due()
    assert order_status(shop, order_id) == "paid"
    assert payment(intent).needs_review


def test_a_late_payment_revives_an_expired_order(shop: Client, kryptogo: KryptoGO) -> None:
    order_id, intent = checked_out(shop)
    for status in ("expired", "success"):
        kryptogo.intents[intent]["status"] = status
        send(shop, intent, status)
        process_due()
    assert order_status(shop, order_id) == "paid"
    assert history(intent)[-1]["detail"]["late"]


def test_a_callback_may_come_before_its_intent_is_registered(
    shop: Client, kryptogo: KryptoGO
) -> None:
    order_id, (_, intent) = new_order(shop), checked_out(shop)
    early = f"{intent}-early"
    kryptogo.intents[early] = {
        "payment_intent_id": early,
        "status": "success",
        "fiat_amount": "300.00",
        "fiat_currency": "TWD",
    }
    assert send(shop, early, "success").status_code == 200
    process_due()
    with sessions.begin() as tx:
        register_intent(tx, early, order_id, "300", "TWD")
    process_due()
    assert order_status(shop, order_id) == "paid"


def test_an_outage_of_kryptogo_only_delays(shop: Client, kryptogo: KryptoGO) -> None:
    order_id, intent = checked_out(shop)
    kryptogo.intents[intent]["status"], kryptogo.down = "success", True
    send(shop, intent, "success")
    process_due()
    assert order_status(shop, order_id) == "new"
    kryptogo.down = False
    work_later(intent)
    assert order_status(shop, order_id) == "paid"


@pytest.mark.parametrize("error", [RuntimeError, ConnectionRefusedError, TimeoutError])
def test_a_handler_that_raises_leaves_nothing_behind_and_runs_again(
    shop: Client,
    kryptogo: KryptoGO,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
) -> None:
    order_id, intent = checked_out(shop)
    kryptogo.intents[intent]["status"] = "success"

    def broken(*arguments: Any) -> None:
        success.apply(*arguments)
        raise error("out of stock \0 \udc80")

    with monkeypatch.context() as patch:
        patch.setitem(BY_STATUS, Status.SUCCESS, Handler(broken))
        send(shop, intent, "success")
        process_due()
    assert order_status(shop, order_id) == "new"
    assert outcomes(intent) == ["registered"]
    assert callback(intent).attempts == 1
    work_later(intent)
    assert order_status(shop, order_id) == "paid"


def test_a_handler_that_ends_the_transaction_is_a_failure_that_is_counted(
    shop: Client, kryptogo: KryptoGO, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, intent = checked_out(shop)
    kryptogo.intents[intent]["status"] = "success"

    def ending(tx: Tx, *_: Any) -> None:
        tx.rollback()

    monkeypatch.setitem(BY_STATUS, Status.SUCCESS, Handler(ending))
    send(shop, intent, "success")
    process_due()
    stored = callback(intent)
    assert (stored.attempts, stored.lease_token) == (1, None)
    assert "transaction" in (stored.last_error or "")


def test_a_handler_that_commits_keeps_nothing_and_is_told_why(
    shop: Client, kryptogo: KryptoGO, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id, intent = checked_out(shop)
    kryptogo.intents[intent]["status"] = "success"

    def committing(tx: Tx, payment: Payment, event: PaymentEvent) -> None:
        success.apply(tx, payment, event)
        tx.commit()

    monkeypatch.setitem(BY_STATUS, Status.SUCCESS, Handler(committing))
    send(shop, intent, "success")
    process_due()
    assert order_status(shop, order_id) == "new"
    assert outcomes(intent) == ["registered"]
    assert "must not commit" in (callback(intent).last_error or "")


def test_an_intent_that_kryptogo_does_not_know_is_not_asked_for_at_every_reconcile(
    shop: Client, kryptogo: KryptoGO
) -> None:
    _, intent = checked_out(shop)
    del kryptogo.intents[intent]
    change_payment(intent, next_check_at=now())
    for _ in range(2):
        review.reconcile()
    assert outcomes(intent) == ["registered", "rejected"]


def test_a_delivery_during_the_last_look_at_an_intent_is_looked_at_after_a_pause(
    shop: Client, kryptogo: KryptoGO
) -> None:
    _, intent = checked_out(shop)
    send(shop, intent, "cancelled")
    (claimed,) = worker.Work().claim([callback(intent).id])
    send(shop, intent, "cancelled")
    settle.process(*claimed)
    stored = callback(intent)
    assert stored.state == "pending"
    assert stored.next_attempt_at > now() + timedelta(seconds=8)


def test_a_deadline_of_any_time_zone_is_kept(shop: Client, kryptogo: KryptoGO) -> None:
    deadline = datetime(2030, 1, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    order_id = new_order(shop)
    with sessions.begin() as tx:
        register_intent(tx, f"zone-{order_id}", order_id, "300", "TWD", deadline)
    assert payment(f"zone-{order_id}").payment_deadline == deadline


def test_a_deadline_at_the_end_of_time_keeps_no_payment_from_its_order(
    shop: Client, kryptogo: KryptoGO
) -> None:
    order_id, intent = checked_out(shop)
    change_payment(intent, payment_deadline=datetime.max.replace(tzinfo=UTC))
    kryptogo.intents[intent]["status"] = "success"
    send(shop, intent, "success")
    process_due()
    assert order_status(shop, order_id) == "paid"


@pytest.mark.parametrize("deadline", [None, -1, 0, True, "soon", 10**13])
def test_a_deadline_that_is_no_time_is_half_an_hour(
    shop: Client, kryptogo: KryptoGO, deadline: object
) -> None:
    kryptogo.created = {"payment_deadline": deadline}
    _, intent = checked_out(shop)
    found = payment(intent)
    assert found.payment_deadline == found.created_at + timedelta(minutes=30)


@pytest.mark.parametrize("intent", [None, "", "a b", 7.5])
def test_an_answer_without_an_intent_is_no_checkout(
    shop: Client, kryptogo: KryptoGO, intent: object
) -> None:
    kryptogo.created = {"payment_intent_id": intent}
    answer = shop.post(f"/orders/{new_order(shop)}/checkout")
    assert answer.status_code == 502


def test_a_second_try_that_expires_hides_nothing_that_came_for_the_first(
    shop: Client, kryptogo: KryptoGO
) -> None:
    order_id, first = checked_out(shop)
    second = shop.post(f"/orders/{order_id}/checkout").json()["payment_intent_id"]
    for intent, status in ((first, "insufficient_not_refunded"), (second, "expired")):
        kryptogo.intents[intent]["status"] = status
        send(shop, intent, status)
        process_due()
    assert order_status(shop, order_id) == "underpaid"


def test_many_deliveries_and_workers_at_once_apply_once(shop: Client, kryptogo: KryptoGO) -> None:
    order_id, intent = checked_out(shop)
    kryptogo.intents[intent]["status"] = "success"
    statuses = ["success", "pending", "expired", "insufficient_not_refunded"] * 5
    together(lambda status: send(shop, intent, status), statuses)
    together(lambda _: process_due(), range(4))
    assert order_status(shop, order_id) == "paid"
    assert outcomes(intent).count("applied") == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"payment_intent_id":"a b","status":"success"}', 400),
        (b'{"payment_intent_id":"a","status":""}', 400),
        (b'{"payment_intent_id":"a","status":"success","client_id":"other"}', 403),
        (b" " * 70_000, 413),
    ],
)
def test_what_cannot_be_a_callback_is_refused(shop: Client, body: bytes, code: int) -> None:
    answer = shop.post(CALLBACK, params={"token": "secret"}, content=body)
    assert answer.status_code == code


def test_without_the_token_the_route_is_not_there(shop: Client) -> None:
    assert shop.post(CALLBACK, params={"token": "guess"}, json={}).status_code == 404


def test_the_token_is_masked_in_the_access_log() -> None:
    shown = ("127.0.0.1:5000", "POST", f"{CALLBACK}?token=secret&a=b", "1.1", 200)
    record = logging.LogRecord("werkzeug", logging.INFO, "", 0, "%s %s %s %s %d", shown, None)
    assert mask_token(record)
    assert f"{CALLBACK}?token=***&a=b" in record.getMessage()
