"""Before every change: KryptoGO's intent must be the one that this order registered."""

from __future__ import annotations

import asyncio
from asyncio import to_thread
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from kgscaffold.simulator.intents import REMOVE
from kgscaffold.verify.model import Need
from kgscaffold.verify.rule import rule
from kgscaffold.verify.shown import has_status, is_closed
from kgscaffold.verify.statuses import EXPIRED, NOT_REFUNDED, PENDING, REFUNDED, SUCCESS

if TYPE_CHECKING:
    from kgscaffold.verify.app import App, Purchase
    from kgscaffold.verify.shown import Shown
    from kgscaffold.verify.stage import Stage

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
    "received below due, under the other name": (
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
REGISTERED_OTHERWISE = {
    "registered in production": ({"environment": "production"}, "environment"),
    "registered by another client": ({"client_id": "former_client"}, "client"),
}
_AMOUNTS = ("received_crypto_amount", "aggregated_crypto_amount", "crypto_amount")
_TEXTS = ("payment_tx_hash", "aggregation_tx_hash", "symbol", "payment_chain_id")


async def _deliver_overridden(
    app: App, bought: Purchase, overrides: dict[str, Any], status: str = SUCCESS
) -> None:
    await to_thread(app.simulator.override, bought.intent, **overrides)
    await app.deliver(bought.intent, status)


def _judge_held(stage: Stage, case: str, shown: Shown, reason: str, status: str = SUCCESS) -> None:
    row = shown.callback(status)
    stage.equal(case, "state, outcome", (row["state"], row["outcome"]), ("done", "conflict"))
    stage.equal(case, "the payment's status", shown.status, PENDING)
    stage.true(case, "needs review", shown.needs_review)
    stage.true(case, "the reason", reason in shown.reason, shown.reason, reason)
    stage.equal(case, "outcomes", shown.outcomes, ["conflict"])
    stage.equal(case, "the order", shown.order["status"], "new")


@rule("An intent that differs from what was registered is held for review, and nothing moves.")
async def differs(stage: Stage) -> None:
    """Each difference before a success, and one before each other change."""
    app = stage.app
    cases = [(name, *HELD[name], SUCCESS) for name in HELD]
    less, reason = HELD["less money"]
    cases += [(f"{s}, less money", less, reason, s) for s in (EXPIRED, NOT_REFUNDED, REFUNDED)]
    bought = await app.buy_many(len(cases))
    for one, (_, overrides, _, status) in zip(bought, cases, strict=True):
        await _deliver_overridden(app, one, overrides, status)
    wanted = {
        one.intent: is_closed(status) for one, (_, _, _, status) in zip(bought, cases, strict=True)
    }
    found = await app.settled(wanted)
    for one, (name, _, told, status) in zip(bought, cases, strict=True):
        _judge_held(stage, name, found[one.intent], told, status)


@rule("A payment that was registered elsewhere is held, and its handlers do not run.", Need.ROWS)
async def registered_otherwise(stage: Stage) -> None:
    """In another environment, and by another client."""
    app = stage.app
    bought = dict(zip(REGISTERED_OTHERWISE, await app.buy_many(2), strict=True))
    for name, one in bought.items():
        changes = REGISTERED_OTHERWISE[name][0]
        chosen = {"payment_intent_id": one.intent}
        await to_thread(app.rows.update, "kryptogo_payments", changes, **chosen)
        await app.deliver(one.intent, SUCCESS)
    found = await app.settled({one.intent: is_closed(SUCCESS) for one in bought.values()})
    for name, one in bought.items():
        _judge_held(stage, name, found[one.intent], REGISTERED_OTHERWISE[name][1])


@rule("What is held has no effect.", Need.EFFECTS)
async def no_effect(stage: Stage) -> None:
    """A wrong amount, with handlers that leave a trace."""
    app = stage.app
    bought = await app.buy()
    await _deliver_overridden(app, bought, {"fiat_amount": "0.01"})
    await app.closed(bought.intent, SUCCESS)
    left = await to_thread(app.effects.left, [bought.intent])
    stage.equal("a wrong amount", "took effect", left[bought.intent], [])
    stage.equal("a wrong amount", "handler calls", app.effects.calls(bought.intent), 0)


@rule("An intent that agrees is applied, however it is written.")
async def agrees(stage: Stage) -> None:
    """Each harmless difference."""
    app = stage.app
    bought = dict(zip(AGREEING, await app.buy_many(len(AGREEING)), strict=True))
    for name, one in bought.items():
        await _deliver_overridden(app, one, AGREEING[name])
    found = await app.settled({one.intent: is_closed(SUCCESS) for one in bought.values()})
    for name, one in bought.items():
        stage.equal(name, "the payment's status", found[one.intent].status, SUCCESS)
        stage.equal(name, "the order", found[one.intent].order["status"], "paid")


@rule("What the callback says of money is not believed; KryptoGO's figures are recorded.")
async def figures(stage: Stage) -> None:
    """Lies in the callback, and the answer's amounts under either of their names."""
    app = stage.app
    lied, named = await app.buy_many(2)
    lies = {"fiat_amount": "0.01", "payment_tx_hash": "0xforged", "received_crypto_amount": "9"}
    await app.truth(lied.intent, SUCCESS)
    answer = await app.claim(lied.intent, SUCCESS, **lies)
    stage.equal("lies", "the answer", answer.status, 200)
    await app.truth(named.intent, SUCCESS)
    truth = {one.intent: await to_thread(app.simulator.intent, one.intent) for one in (lied, named)}
    renamed = {
        "received_crypto_amount": REMOVE,
        "received_amount": truth[named.intent]["received_crypto_amount"],
        "aggregated_crypto_amount": REMOVE,
        "aggregated_amount": truth[named.intent]["aggregated_crypto_amount"],
    }
    await _deliver_overridden(app, named, renamed)
    wanted = {one.intent: is_closed(SUCCESS) for one in (lied, named)}
    found = await app.settled(wanted)
    for case, one in (("lies", lied), ("the other names", named)):
        payment, told = found[one.intent].payment, truth[one.intent]
        for name in _AMOUNTS:
            stage.equal(case, name, Decimal(payment[name]), Decimal(told[name]))
        for name in _TEXTS:
            stage.equal(case, name, payment[name], told[name])
        page = await app.order_page(one.order)
        stage.equal(case, "the order's hash", page["payment_tx_hash"], told["payment_tx_hash"])


@rule("A difference that KryptoGO mends is applied after a replay.")
async def mended(stage: Stage) -> None:
    """A wrong amount, held, then right."""
    app = stage.app
    bought = await app.buy()
    await _deliver_overridden(app, bought, {"fiat_amount": "0.01"})
    _judge_held(stage, "wrong", await app.closed(bought.intent, SUCCESS), "amount_mismatch")
    await to_thread(app.simulator.clear_overrides, bought.intent)
    ran = await to_thread(app.ops, "replay", bought.intent)
    stage.equal("replay", "exit code", ran.code, 0)
    found = await app.settled({bought.intent: has_status(SUCCESS)})
    stage.equal("mended", "the payment", found[bought.intent].status, SUCCESS)
    stage.equal("mended", "the order", found[bought.intent].order["status"], "paid")


@rule("An answer that began before a faster one decides nothing.")
async def overtaken(stage: Stage) -> None:
    """A slow `expired` is not held against the success that came meanwhile."""
    app = stage.app
    bought = await app.buy_many(4)
    for one in bought:
        await app.truth(one.intent, EXPIRED)
    for status in (EXPIRED, SUCCESS):
        await asyncio.gather(*(app.claim(one.intent, status) for one in bought))
    for one in bought:
        await app.truth(one.intent, SUCCESS)
    wanted = {
        one.intent: lambda s: s.status == SUCCESS and s.closed(SUCCESS) and s.closed(EXPIRED)
        for one in bought
    }
    found = await app.settled(wanted)
    for one in bought:
        shown = found[one.intent]
        stage.equal(one.intent, "the payment", shown.status, SUCCESS)
        stage.equal(one.intent, "needs review", shown.needs_review, False)
