# kgscaffold:id=tests/kryptogo
"""What a callback does to an order, on the real database. Only KryptoGO's answers are made up."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from httpx import AsyncClient, Response

from app import db
from app.kryptogo import Payment, PaymentEvent, process_due, register_intent
from app.kryptogo.core import review, settle, store, worker
from app.kryptogo.core.database import Tx
from app.kryptogo.core.model import Callback, Handler, Status, now
from app.kryptogo.core.route import mask_token
from app.kryptogo.core.tables import callbacks
from app.kryptogo.core.tables import payments as payments_table
from app.kryptogo.handlers import BY_STATUS, success

from .conftest import KryptoGO

pytestmark = pytest.mark.anyio
CALLBACK = "/api/payment/callback"


async def send(shop: AsyncClient, intent: str, status: str, **fields: Any) -> Response:
    body = {"payment_intent_id": intent, "status": status, **fields}
    return await shop.post(CALLBACK, params={"token": "secret"}, json=body)


async def new_order(shop: AsyncClient) -> str:
    answer = await shop.post("/orders", json={"amount": "300.0", "currency": "TWD"})
    order_id: str = answer.json()["id"]
    return order_id


async def checked_out(shop: AsyncClient) -> tuple[str, str]:
    order_id = await new_order(shop)
    answer = await shop.post(f"/orders/{order_id}/checkout")
    return order_id, answer.json()["payment_intent_id"]


async def order_status(shop: AsyncClient, order_id: str) -> str:
    status: str = (await shop.get(f"/orders/{order_id}")).json()["status"]
    return status


async def history(intent: str) -> list[dict[str, Any]]:
    return await store.history_of(intent)


async def outcomes(intent: str) -> list[str]:
    return [line["outcome"] for line in await history(intent)]


async def payment(intent: str) -> Payment:
    found = await store.get_payment(intent)
    assert found is not None
    return found


async def callback(intent: str) -> Callback:
    (found,) = await store.callbacks_of(intent)
    return found


async def change_payment(intent: str, **values: Any) -> None:
    mine = payments_table.c.payment_intent_id == intent
    async with db.sessions.begin() as tx:
        await tx.execute(sa.update(payments_table).where(mine).values(values))


async def work_later(intent: str) -> None:
    """Process the callbacks of an intent as if their waiting time were over."""
    mine = callbacks.c.payment_intent_id == intent
    async with db.sessions.begin() as tx:
        await tx.execute(sa.update(callbacks).where(mine).values(next_attempt_at=now()))
    await process_due()


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
async def test_a_confirmed_status_reaches_the_order_once(
    shop: AsyncClient, kryptogo: KryptoGO, status: str, order: str
) -> None:
    order_id, intent = await checked_out(shop)
    kryptogo.intents[intent]["status"] = status
    for _ in range(3):
        assert (await send(shop, intent, status)).json() == {"received": True}
        await process_due()
    assert await order_status(shop, order_id) == order
    assert (await outcomes(intent)).count("applied") == 1


async def test_a_second_click_is_given_the_payment_of_the_first(
    shop: AsyncClient, kryptogo: KryptoGO
) -> None:
    order_id, intent = await checked_out(shop)
    again = [await shop.post(f"/orders/{order_id}/checkout") for _ in range(2)]
    assert {answer.json()["payment_intent_id"] for answer in again} == {intent}
    kryptogo.intents[intent]["status"] = "expired"
    later = await shop.post(f"/orders/{order_id}/checkout")
    assert later.json()["payment_intent_id"] != intent


async def test_a_forged_success_is_not_believed(shop: AsyncClient, kryptogo: KryptoGO) -> None:
    order_id, intent = await checked_out(shop)
    await send(shop, intent, "success")
    await process_due()
    assert await order_status(shop, order_id) == "new"


async def test_a_cheaper_intent_does_not_pay_for_the_order(
    shop: AsyncClient, kryptogo: KryptoGO
) -> None:
    order_id, intent = await checked_out(shop)
    kryptogo.intents[intent] |= {"status": "success", "fiat_amount": "0.01"}
    await send(shop, intent, "success")
    await process_due()
    assert await order_status(shop, order_id) == "new"
    assert (await payment(intent)).review_reason == "amount_mismatch"


async def test_a_paid_order_is_never_downgraded(shop: AsyncClient, kryptogo: KryptoGO) -> None:
    order_id, intent = await checked_out(shop)
    for status in ("success", "expired"):
        kryptogo.intents[intent]["status"] = status
        await send(shop, intent, status)
        await process_due()
    assert await order_status(shop, order_id) == "paid"
    assert (await payment(intent)).needs_review


async def test_a_late_payment_revives_an_expired_order(
    shop: AsyncClient, kryptogo: KryptoGO
) -> None:
    order_id, intent = await checked_out(shop)
    for status in ("expired", "success"):
        kryptogo.intents[intent]["status"] = status
        await send(shop, intent, status)
        await process_due()
    assert await order_status(shop, order_id) == "paid"
    assert (await history(intent))[-1]["detail"]["late"]


async def test_a_callback_may_come_before_its_intent_is_registered(
    shop: AsyncClient, kryptogo: KryptoGO
) -> None:
    order_id, (_, intent) = await new_order(shop), await checked_out(shop)
    early = f"{intent}-early"
    kryptogo.intents[early] = {
        "payment_intent_id": early,
        "status": "success",
        "fiat_amount": "300.00",
        "fiat_currency": "TWD",
    }
    assert (await send(shop, early, "success")).status_code == 200
    await process_due()
    async with db.sessions.begin() as tx:
        await register_intent(tx, early, order_id, "300", "TWD")
    await process_due()
    assert await order_status(shop, order_id) == "paid"


async def test_an_outage_of_kryptogo_only_delays(shop: AsyncClient, kryptogo: KryptoGO) -> None:
    order_id, intent = await checked_out(shop)
    kryptogo.intents[intent]["status"], kryptogo.down = "success", True
    await send(shop, intent, "success")
    await process_due()
    assert await order_status(shop, order_id) == "new"
    kryptogo.down = False
    await work_later(intent)
    assert await order_status(shop, order_id) == "paid"


@pytest.mark.parametrize("error", [RuntimeError, ConnectionRefusedError, TimeoutError])
async def test_a_handler_that_raises_leaves_nothing_behind_and_runs_again(
    shop: AsyncClient,
    kryptogo: KryptoGO,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
) -> None:
    order_id, intent = await checked_out(shop)
    kryptogo.intents[intent]["status"] = "success"

    async def broken(*arguments: Any) -> None:
        await success.apply(*arguments)
        raise error("out of stock \0 \udc80")

    with monkeypatch.context() as patch:
        patch.setitem(BY_STATUS, Status.SUCCESS, Handler(broken))
        await send(shop, intent, "success")
        await process_due()
    assert await order_status(shop, order_id) == "new"
    assert await outcomes(intent) == ["registered"]
    assert (await callback(intent)).attempts == 1
    await work_later(intent)
    assert await order_status(shop, order_id) == "paid"


async def test_a_handler_that_ends_the_transaction_is_a_failure_that_is_counted(
    shop: AsyncClient, kryptogo: KryptoGO, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, intent = await checked_out(shop)
    kryptogo.intents[intent]["status"] = "success"

    async def ending(tx: Tx, *_: Any) -> None:
        await tx.rollback()

    monkeypatch.setitem(BY_STATUS, Status.SUCCESS, Handler(ending))
    await send(shop, intent, "success")
    await process_due()
    stored = await callback(intent)
    assert (stored.attempts, stored.lease_token) == (1, None)
    assert "transaction" in (stored.last_error or "")


async def test_a_handler_that_commits_keeps_nothing_and_is_told_why(
    shop: AsyncClient, kryptogo: KryptoGO, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id, intent = await checked_out(shop)
    kryptogo.intents[intent]["status"] = "success"

    async def committing(tx: Tx, payment: Payment, event: PaymentEvent) -> None:
        await success.apply(tx, payment, event)
        await tx.commit()

    monkeypatch.setitem(BY_STATUS, Status.SUCCESS, Handler(committing))
    await send(shop, intent, "success")
    await process_due()
    assert await order_status(shop, order_id) == "new"
    assert await outcomes(intent) == ["registered"]
    assert "must not commit" in ((await callback(intent)).last_error or "")


async def test_an_intent_that_kryptogo_does_not_know_is_not_asked_for_at_every_reconcile(
    shop: AsyncClient, kryptogo: KryptoGO
) -> None:
    _, intent = await checked_out(shop)
    del kryptogo.intents[intent]
    await change_payment(intent, next_check_at=now())
    for _ in range(2):
        await review.reconcile()
    assert await outcomes(intent) == ["registered", "rejected"]


async def test_a_delivery_during_the_last_look_at_an_intent_is_looked_at_after_a_pause(
    shop: AsyncClient, kryptogo: KryptoGO
) -> None:
    _, intent = await checked_out(shop)
    await send(shop, intent, "cancelled")
    (claimed,) = await worker.Work().claim([(await callback(intent)).id])
    await send(shop, intent, "cancelled")
    await settle.process(*claimed)
    stored = await callback(intent)
    assert stored.state == "pending"
    assert stored.next_attempt_at > now() + timedelta(seconds=8)


async def test_a_deadline_of_any_time_zone_is_kept(shop: AsyncClient, kryptogo: KryptoGO) -> None:
    deadline = datetime(2030, 1, 1, 8, tzinfo=timezone(timedelta(hours=8)))
    order_id = await new_order(shop)
    async with db.sessions.begin() as tx:
        await register_intent(tx, f"zone-{order_id}", order_id, "300", "TWD", deadline)
    assert (await payment(f"zone-{order_id}")).payment_deadline == deadline


async def test_a_deadline_at_the_end_of_time_keeps_no_payment_from_its_order(
    shop: AsyncClient, kryptogo: KryptoGO
) -> None:
    order_id, intent = await checked_out(shop)
    await change_payment(intent, payment_deadline=datetime.max.replace(tzinfo=UTC))
    kryptogo.intents[intent]["status"] = "success"
    await send(shop, intent, "success")
    await process_due()
    assert await order_status(shop, order_id) == "paid"


@pytest.mark.parametrize("deadline", [None, -1, 0, True, "soon", 10**13])
async def test_a_deadline_that_is_no_time_is_half_an_hour(
    shop: AsyncClient, kryptogo: KryptoGO, deadline: object
) -> None:
    kryptogo.created = {"payment_deadline": deadline}
    _, intent = await checked_out(shop)
    found = await payment(intent)
    assert found.payment_deadline == found.created_at + timedelta(minutes=30)


@pytest.mark.parametrize("intent", [None, "", "a b", 7.5])
async def test_an_answer_without_an_intent_is_no_checkout(
    shop: AsyncClient, kryptogo: KryptoGO, intent: object
) -> None:
    kryptogo.created = {"payment_intent_id": intent}
    answer = await shop.post(f"/orders/{await new_order(shop)}/checkout")
    assert answer.status_code == 502


async def test_a_second_try_that_expires_hides_nothing_that_came_for_the_first(
    shop: AsyncClient, kryptogo: KryptoGO
) -> None:
    order_id, first = await checked_out(shop)
    second = (await shop.post(f"/orders/{order_id}/checkout")).json()["payment_intent_id"]
    for intent, status in ((first, "insufficient_not_refunded"), (second, "expired")):
        kryptogo.intents[intent]["status"] = status
        await send(shop, intent, status)
        await process_due()
    assert await order_status(shop, order_id) == "underpaid"


async def test_many_deliveries_and_workers_at_once_apply_once(
    shop: AsyncClient, kryptogo: KryptoGO
) -> None:
    order_id, intent = await checked_out(shop)
    kryptogo.intents[intent]["status"] = "success"
    statuses = ["success", "pending", "expired", "insufficient_not_refunded"] * 5
    await asyncio.gather(*(send(shop, intent, status) for status in statuses))
    await asyncio.gather(*(process_due() for _ in range(4)))
    assert await order_status(shop, order_id) == "paid"
    assert (await outcomes(intent)).count("applied") == 1


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
async def test_what_cannot_be_a_callback_is_refused(
    shop: AsyncClient, body: bytes, code: int
) -> None:
    answer = await shop.post(CALLBACK, params={"token": "secret"}, content=body)
    assert answer.status_code == code


async def test_without_the_token_the_route_is_not_there(shop: AsyncClient) -> None:
    assert (await shop.post(CALLBACK, params={"token": "guess"}, json={})).status_code == 404


async def test_the_token_is_masked_in_the_access_log() -> None:
    shown = ("127.0.0.1:5000", "POST", f"{CALLBACK}?token=secret&a=b", "1.1", 200)
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, "%s %s %s %s %d", shown, None)
    assert mask_token(record)
    assert f"{CALLBACK}?token=***&a=b" in record.getMessage()
