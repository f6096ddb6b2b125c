"""Callbacks about intents that are not registered: yet, or ever."""

from __future__ import annotations

import asyncio
from asyncio import to_thread
from typing import TYPE_CHECKING

from kgscaffold.verify.app import Purchase
from kgscaffold.verify.model import Depth, Need, Place
from kgscaffold.verify.rule import rule
from kgscaffold.verify.running import until
from kgscaffold.verify.shown import as_time, has_status, is_closed
from kgscaffold.verify.statuses import EXPIRED, PENDING, SUCCESS

if TYPE_CHECKING:
    from kgscaffold.verify.app import App
    from kgscaffold.verify.process import Ran
    from kgscaffold.verify.stage import Stage

MOST_INTENTS, SPARE, STORED, SENDERS = 1000, 60, 930, 8
_CALLBACKS = "kryptogo_callbacks"
_WEEK = 7 * 86400
_SWEEP = 30


async def unregistered(app: App) -> Purchase:
    """An order, and an intent that KryptoGO knows and the app does not."""
    order = await app.order()
    intent = await to_thread(app.simulator.create_intent, order_data={"order_id": order})
    return Purchase(order, intent["payment_intent_id"])


def register(app: App, bought: Purchase, amount: str = "300.0", currency: str = "TWD") -> Ran:
    """Register the intent with the ops command, as a shop that made it elsewhere would."""
    named = ("--intent", bought.intent, "--order", bought.order)
    return app.ops("register", *named, "--amount", amount, "--currency", currency, "--json")


@rule("Callbacks before their registration are kept, not asked about, and applied then.")
async def early(stage: Stage) -> None:
    """Expired and success, and then the registration."""
    app = stage.app
    bought = await unregistered(app)
    for status in (EXPIRED, SUCCESS):
        await app.deliver(bought.intent, status)
    shown = (await app.show(bought.intent))[bought.intent]
    for status in (EXPIRED, SUCCESS):
        stage.equal(f"{status}, before", "state", shown.state(status), "unregistered")
    asked = [one for one in await to_thread(app.simulator.requests) if bought.intent in one["path"]]
    stage.equal("before", "times KryptoGO was asked", len(asked), 0)
    ran = await to_thread(register, app, bought)
    stage.equal("register", "exit code", ran.code, 0)
    shown = await app.closed(bought.intent, EXPIRED, SUCCESS)
    for status in (EXPIRED, SUCCESS):
        stage.equal(f"{status}, after", "state", shown.state(status), "done")
    stage.equal("after", "applied", shown.applied, [SUCCESS])
    stage.equal("after", "the order", shown.order["status"], "paid")


@rule(
    "The sweep finds a callback that missed its registration by milliseconds.",
    Need.ROWS,
)
async def missed(stage: Stage) -> None:
    """A row that is unregistered though its payment exists."""
    app = stage.app
    bought = await app.buy()
    await app.claim(bought.intent, PENDING)
    await app.closed(bought.intent, PENDING)
    await app.truth(bought.intent, SUCCESS)
    as_stored = {"state": "unregistered", "outcome": None, "applied_status": None}
    chosen = {"payment_intent_id": bought.intent}
    await to_thread(app.rows.update, _CALLBACKS, as_stored, **chosen)
    found = await app.settled({bought.intent: has_status(SUCCESS)}, within=_SWEEP + 30)
    stage.equal("missed", "the payment", found[bought.intent].status, SUCCESS)
    stage.equal("missed", "the order", found[bought.intent].order["status"], "paid")


@rule(
    "Of intents that nobody registered at most a thousand are kept, and for seven days.",
    Need.ROWS,
    place=Place.OWN,
)
async def flood(stage: Stage) -> None:
    """More than a thousand, most of them stored already, and a payment among them."""
    async with stage.open() as app:
        bought = await app.buy()
        await app.claim("flood", SUCCESS)
        others = [f"stored-{number}" for number in range(STORED)]
        await to_thread(app.rows.copy, _CALLBACKS, "payment_intent_id", "flood", others)
        answers = await _flood(app, MOST_INTENTS + 60 - STORED)
        stage.equal("the flood", "answers", answers, {200})
        kept = await to_thread(app.rows.count, _CALLBACKS, state="unregistered")
        bound = MOST_INTENTS - SPARE <= kept <= MOST_INTENTS
        stage.true("the flood", "rows kept", bound, kept, f"about {MOST_INTENTS}")
        await app.deliver(bought.intent, SUCCESS)
        shown = await app.closed(bought.intent, SUCCESS)
        stage.equal("the payment", "status", shown.status, SUCCESS)
        times = ("first_received_at", "last_received_at")
        aged = {"state": "unregistered"}
        await to_thread(app.rows.shift, _CALLBACKS, -_WEEK - 60, *times, **aged)
        await to_thread(app.webs[0].process.stop)
        await app.restart_web()
        gone = await until(lambda: app.rows.count(_CALLBACKS, state="unregistered") == 0, 60)
        stage.true("after seven days", "rows are gone", gone)


async def _flood(app: App, intents: int) -> set[int]:
    async def send(part: int) -> set[int]:
        numbers = range(part, intents, SENDERS)
        return {(await app.claim(f"flood-{number}", SUCCESS)).status for number in numbers}

    return set().union(*await asyncio.gather(*(send(part) for part in range(SENDERS))))


@rule(
    "A callback a minute before its registration is applied then.",
    depth=Depth.THOROUGH,
)
async def a_minute_early(stage: Stage) -> None:
    """In real time."""
    app = stage.app
    bought = await unregistered(app)
    await app.deliver(bought.intent, SUCCESS)
    await asyncio.sleep(60)
    await to_thread(register, app, bought)
    found = await app.settled({bought.intent: is_closed(SUCCESS)})
    shown = found[bought.intent]
    received = as_time(shown.callback(SUCCESS)["first_received_at"])
    waited = (as_time(shown.payment["created_at"]) - received).total_seconds()
    stage.true("registered", "a minute later", waited > 55, waited)
    stage.equal("then", "applied", shown.applied, [SUCCESS])
    stage.equal("then", "the order", shown.order["status"], "paid")
