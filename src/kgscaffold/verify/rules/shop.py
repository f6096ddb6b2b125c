"""The small shop around the callback, as its customer and its KryptoGO see it."""

from __future__ import annotations

import asyncio
from asyncio import to_thread
from decimal import Decimal
from typing import TYPE_CHECKING

from kgscaffold.ports import free_port
from kgscaffold.verify.model import Need, Place
from kgscaffold.verify.rule import rule
from kgscaffold.verify.shown import has_status, is_closed
from kgscaffold.verify.statuses import EXPIRED, NOT_REFUNDED, ORDER_STATUS, REFUNDED, SUCCESS

if TYPE_CHECKING:
    from kgscaffold.verify.app import App, Web
    from kgscaffold.verify.http import Answer
    from kgscaffold.verify.stage import Stage

FIELDS = ("id", "status", "amount", "currency", "payments")
MONEY = ("payment_tx_hash", "refund_tx_hash", "refund_amount")
ORDERS = (("300.0", "TWD"), ("0.01", "USD"))
NO_ORDERS: list[object] = [
    {},
    {"amount": "abc", "currency": "TWD"},
    {"amount": "0", "currency": "TWD"},
    {"amount": "-1", "currency": "TWD"},
    {"amount": "NaN", "currency": "TWD"},
    {"amount": "1e400", "currency": "TWD"},
    {"amount": "300.0", "currency": "EUR"},
    {"amount": None, "currency": "TWD"},
    {"amount": ["300.0"], "currency": "TWD"},
    {"amount": "300.0", "currency": "\0"},
    [],
]
NO_BODIES = [
    b'{"amount": NaN, "currency": "TWD"}',
    b'{"amount": -Infinity, "currency": "TWD"}',
    b'{"amount": 1e999, "currency": "TWD"}',
    b'{"amount": "300", "currency": "\\ud800"}',
    b'{"amount": "\\udfff", "currency": "TWD"}',
    b'{"amount": "300", "currency": NaN',
    b"\xff",
]
UNKNOWN_ORDERS = ("0", "nobody", "99999999999999999999", "%00")
MOVED = (SUCCESS, EXPIRED, NOT_REFUNDED, REFUNDED)
_SOON_OVER = -1510
"""Seconds: of the half hour, less than five minutes are left."""


@rule("An order is made and told; a bad one is refused, and an unknown one is not found.")
async def orders(stage: Stage) -> None:
    """Orders, and bodies that are none."""
    app = stage.app
    for amount, currency in ORDERS:
        order = await app.order(amount, currency)
        page = await app.order_page(order)
        case = f"{amount} {currency}"
        stage.true(case, "has its fields", set(page) >= {*FIELDS, *MONEY}, sorted(page))
        seen = (page["id"], page["status"], page["payments"], page["currency"])
        stage.equal(case, "id, status, payments, currency", seen, (order, "new", [], currency))
        stage.equal(case, "amount", Decimal(page["amount"]), Decimal(amount))
        stage.equal(case, "hashes, refund", [page[name] for name in MONEY], [None] * 3)
    for document in NO_ORDERS:
        answer = await app.post("/orders", document)
        stage.true(document, "is refused", 400 <= answer.status < 500, answer, "4xx")
    for body in NO_BODIES:
        answer = await app.send("/orders", body)
        stage.true(body, "is refused", 400 <= answer.status < 500, answer, "4xx")
    for order in UNKNOWN_ORDERS:
        page_answer = await app.send(f"/orders/{order}", method="GET")
        checkout = await app.post(f"/orders/{order}/checkout", None)
        seen_statuses = (page_answer.status, checkout.status)
        stage.equal(f"order {order}", "page, checkout", seen_statuses, (404, 404))
    health = await app.send("/healthz", method="GET")
    stage.equal("/healthz", "the answer", health.status, 200)


@rule("A checkout registers what the order says, never what the browser says.")
async def checkout(stage: Stage) -> None:
    """An order of 123.45 USD, checked out with another amount in the body."""
    app = stage.app
    order = await app.order("123.45", "USD")
    answer = await app.post(f"/orders/{order}/checkout", {"amount": "0.01"})
    stage.true("checkout", "the answer", answer.status in (200, 201), answer)
    told = (await to_thread(app.ops, "show", "--order", order, "--json")).data
    stage.equal("checkout", "payments", len(told), 1)
    payment = told[0]["payment"]
    truth = await to_thread(app.simulator.intent, payment["payment_intent_id"])
    stage.true("checkout", "gives the address", truth["payment_address"] in answer.body.decode())
    amounts = [Decimal(payment["expected_fiat_amount"]), Decimal(truth["fiat_amount"])]
    stage.equal("checkout", "amounts", amounts, [Decimal("123.45")] * 2)
    names = ("fiat_currency", "status", "client_id", "environment")
    seen = [payment[name] for name in names]
    stage.equal("checkout", ", ".join(names), seen, ["USD", "pending", "sim_client", "test"])
    stage.equal("checkout", "currency at KryptoGO", truth["fiat_currency"], "USD")
    stage.equal("checkout", "order data at KryptoGO", truth["order_data"], {"order_id": order})
    url = app.webs[0].url + app.route()
    stage.equal("checkout", "callback URL at KryptoGO", truth["callback_url"], url)
    page = await app.order_page(order)
    shown = [payment["payment_intent_id"] in str(one) for one in page["payments"]]
    stage.equal("checkout", "is on the order's page", shown, [True])


async def _payments(app: App, order: str) -> int:
    return len((await app.order_page(order))["payments"])


async def _click(app: App, order: str) -> Answer:
    return await app.post(f"/orders/{order}/checkout", None)


@rule("A second click gives the same payment again, and none where one has come or is held.")
async def second_click(stage: Stage) -> None:
    """Clicked three times; clicked after the money came; clicked while a person must look."""
    app = stage.app
    order = await app.order()
    addresses = {(await app.click(order))["payment_address"] for _ in range(3)}
    seen = (len(addresses), await _payments(app, order))
    stage.equal("three clicks", "addresses, payments", seen, (1, 1))
    come, held = await app.buy_many(2)
    await app.truth(come.intent, SUCCESS)
    answer = await _click(app, come.order)
    stage.equal("the money has come", "the answer", answer.status, 409)
    stage.true("the money has come", "no address", b"payment_address" not in answer.body, answer)
    await to_thread(app.simulator.override, held.intent, fiat_amount="299.0")
    await app.deliver(held.intent, SUCCESS)
    await app.closed(held.intent, SUCCESS)
    answer = await _click(app, held.order)
    stage.equal("held for a person", "the answer", answer.status, 409)
    found = await app.settled({come.intent: has_status(SUCCESS)})
    status = found[come.intent].status
    stage.equal("the money has come", "settled without its callback", status, SUCCESS)
    for case, one in (("the money has come", come), ("held for a person", held)):
        stage.equal(case, "payments", await _payments(app, one.order), 1)


@rule("What can not be paid any more is not given again.", Need.CLOCK, Need.ROWS)
async def not_given_again(stage: Stage) -> None:
    """Soon over, settled, expired without a callback, or of another amount here or there."""
    app = stage.app
    soon, settled, expired, there, here = bought = await app.buy_many(5)
    await to_thread(app.clock.move_deadline, soon.intent, _SOON_OVER)
    await app.deliver(settled.intent, EXPIRED)
    await app.closed(settled.intent, EXPIRED)
    await app.truth(expired.intent, EXPIRED)
    await to_thread(app.simulator.override, there.intent, fiat_amount="299.0")
    amount, chosen = {"expected_fiat_amount": "299"}, {"payment_intent_id": here.intent}
    await to_thread(app.rows.update, "kryptogo_payments", amount, **chosen)
    cases = ("soon over", "settled", "expired", "another amount there", "another amount here")
    for case, one in zip(cases, bought, strict=True):
        given = await app.click(one.order)
        stage.true(case, "another intent", given["payment_intent_id"] != one.intent, given)
        stage.equal(case, "payments", await _payments(app, one.order), 2)


@rule("Clicks at the same time make one payment, in one process and in several.", place=Place.OWN)
async def clicks_at_once(stage: Stage) -> None:
    """The second click comes while the first waits for KryptoGO; or all come together."""
    async with stage.open() as app:
        first, second, third = app.webs[0], await app.start_web(), await app.start_web()
        await to_thread(app.simulator.set_provider, mode="slow", latency=1)
        for case, webs in {"one process": (first, first), "two": (first, second)}.items():
            order = await app.order()
            clicks = [asyncio.create_task(app.click(order, webs[0]))]
            await asyncio.sleep(0.3)
            clicks.append(asyncio.create_task(app.click(order, webs[1])))
            addresses = {(await click)["payment_address"] for click in clicks}
            seen = (len(addresses), await _payments(app, order))
            stage.equal(case, "addresses, payments", seen, (1, 1))
        await to_thread(app.simulator.set_provider, mode="up")
        for turn in range(6):
            order = await app.order()
            given = await asyncio.gather(*(app.click(order, one) for one in (first, second, third)))
            seen = (len({one["payment_address"] for one in given}), await _payments(app, order))
            stage.equal(f"three processes, {turn}", "addresses, payments", seen, (1, 1))


@rule("A checkout without KryptoGO is 502, and the log says where and why.", place=Place.OWN)
async def no_provider(stage: Stage) -> None:
    """An API that answers 500, and one that is not there."""
    async with stage.open() as app:
        order = await app.order()
        await to_thread(app.simulator.set_provider, mode="error", error_status=500)
        await _judge_bad_gateway(stage, app, order, "HTTP 500")
        nobody = f"http://127.0.0.1:{free_port()}"
        alone = await app.start_web(KRYPTOGO_API_BASE_URL=nobody)
        where = f"{nobody}/v1/studio/api/payment/intent: "
        await _judge_bad_gateway(stage, app, order, where, alone)


async def _judge_bad_gateway(
    stage: Stage, app: App, order: str, cause: str, web: Web | None = None
) -> None:
    answer = await app.post(f"/orders/{order}/checkout", None, web)
    stage.equal(cause, "the answer", answer.status, 502)
    lines = app.logs.lines(order, cause)
    told = len(lines) == 1 and "WARN" in lines[0] and "http://127.0.0.1" in lines[0]
    stage.true(cause, "is told in one line, with its URL", told, lines)
    secrets = [app.variables[f"KRYPTOGO_{name}"] for name in ("STUDIO_API_KEY", "CALLBACK_TOKEN")]
    for forbidden in ("Traceback", "    at ", *secrets):
        stage.equal(cause, "is not in the log", app.logs.lines(forbidden), [])
    stage.equal(cause, "payments", await _payments(app, order), 0)


@rule("KryptoGO's own callbacks settle the order, and its page shows the hashes.")
async def own_callbacks(stage: Stage) -> None:
    """Each status, sent by the simulator."""
    app = stage.app
    bought = dict(zip(MOVED, await app.buy_many(len(MOVED)), strict=True))
    for status, one in bought.items():
        await to_thread(app.simulator.set_status, one.intent, status)
    await app.settled({one.intent: is_closed(status) for status, one in bought.items()})
    for status, one in bought.items():
        page = await app.order_page(one.order)
        truth = await to_thread(app.simulator.intent, one.intent)
        stage.equal(status, "the order", page["status"], ORDER_STATUS[status])
        for name in ("payment_tx_hash", "refund_tx_hash"):
            stage.equal(status, name, page[name], truth.get(name))


@rule(
    "Callbacks that are lost, late, doubled and reordered settle the order.",
    Need.EFFECTS,
    place=Place.OWN,
)
async def bad_post(stage: Stage) -> None:
    """Ten payments that go through two statuses."""
    async with stage.open() as app:
        switches = {"duplicates": 3, "reorder": True, "delay": 0.2, "jitter": 0.5, "loss": 0.3}
        await to_thread(app.simulator.set_switches, send_pending=True, **switches)
        bought = await app.buy_many(10)
        for status in (NOT_REFUNDED, SUCCESS):
            for one in bought:
                await to_thread(app.simulator.set_status, one.intent, status)
        await to_thread(app.simulator.drain)
        await asyncio.gather(*(app.claim(one.intent, SUCCESS) for one in bought))
        found = await app.settled({one.intent: is_closed(SUCCESS) for one in bought})
        left = await to_thread(app.effects.left, found)
        for one in bought:
            shown = found[one.intent]
            seen = (shown.status, shown.order["status"])
            stage.equal(one.intent, "status, order", seen, (SUCCESS, "paid"))
            effects = [row["status"] for row in left[one.intent]]
            stage.equal(one.intent, "effects twice", len(effects), len(set(effects)))
