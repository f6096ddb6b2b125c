"""Several intents of one order."""

from __future__ import annotations

import asyncio
from asyncio import to_thread
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import TYPE_CHECKING

from kgscaffold.verify.extras import Fault
from kgscaffold.verify.model import Need, Place
from kgscaffold.verify.rule import rule
from kgscaffold.verify.running import until
from kgscaffold.verify.shown import is_closed
from kgscaffold.verify.statuses import EXPIRED, ORDER_STATUS, PENDING, STATUSES, SUCCESS

if TYPE_CHECKING:
    from kgscaffold.verify.app import App
    from kgscaffold.verify.shown import Shown
    from kgscaffold.verify.stage import Stage

PAIRS = list(product(STATUSES, STATUSES))
OTHERS = [status for status in STATUSES if status not in (PENDING, SUCCESS)]


@dataclass(frozen=True)
class Twins:
    """One order, checked out twice."""

    order: str
    intents: tuple[str, str]


async def twins(app: App) -> Twins:
    """A new order with two intents."""
    bought = await app.buy()
    return Twins(bought.order, (bought.intent, await app.checkout(bought.order, bought.intent)))


async def many_twins(app: App, number: int) -> list[Twins]:
    """So many orders with two intents each."""
    return await asyncio.gather(*(twins(app) for _ in range(number)))


@rule("Two intents of one order leave it paid once, or as the last money said.", Need.EFFECTS)
async def pairs(stage: Stage) -> None:
    """Every pair of statuses, settled at the same time."""
    app = stage.app
    played = dict(zip(PAIRS, await many_twins(app, len(PAIRS)), strict=True))
    for pair, both in played.items():
        for intent, status in zip(both.intents, pair, strict=True):
            await app.truth(intent, status)
    claims = [
        (intent, status)
        for pair, both in played.items()
        for intent, status in zip(both.intents, pair, strict=True)
    ]
    await asyncio.gather(*(app.claim(*claim) for claim in claims))
    wanted = {intent: is_closed(status) for intent, status in claims}
    found = await app.settled(wanted)
    left = await to_thread(app.effects.left, wanted)
    for pair, both in played.items():
        effects = [[row["status"] for row in left[intent]] for intent in both.intents]
        _judge_pair(stage, pair, [found[intent] for intent in both.intents], effects)


def _judge_pair(
    stage: Stage, pair: tuple[str, str], shown: list[Shown], effects: list[list[str]]
) -> None:
    case, order = " and ".join(pair), shown[0].order["status"]
    if pair == (SUCCESS, SUCCESS):
        stage.equal(case, "the order", order, "paid")
        stage.equal(case, "took effect", sorted(effects), [[], [SUCCESS]])
        loser = shown[effects.index([])] if [] in effects else shown[0]
        stage.equal(case, "the second one", loser.status, PENDING)
        stage.equal(case, "the reason", loser.reason, "order_already_paid")
        stage.equal(case, "its outcome", loser.callback(SUCCESS)["outcome"], "conflict")
        return
    stage.equal(case, "took effect", effects, [[status] for status in pair])
    stage.equal(case, "statuses", [one.status for one in shown], list(pair))
    moved = [status for status in pair if status != PENDING]
    money = [status for status in moved if status != EXPIRED]
    allowed = {ORDER_STATUS[status] for status in money or moved}
    if SUCCESS in pair or not moved:
        allowed = {"paid" if SUCCESS in pair else "new"}
    stage.true(case, "the order", order in allowed, order, allowed)


@rule("What follows a paid sibling is applied and leaves the order alone.", Need.EFFECTS)
async def after_a_paid_one(stage: Stage) -> None:
    """Each status that is no success, after one."""
    app = stage.app
    played = dict(zip(OTHERS, await many_twins(app, len(OTHERS)), strict=True))
    for both in played.values():
        await app.deliver(both.intents[0], SUCCESS)
    await app.settled({both.intents[0]: is_closed(SUCCESS) for both in played.values()})
    before = {status: await app.order_page(both.order) for status, both in played.items()}
    for status, both in played.items():
        await app.deliver(both.intents[1], status)
    wanted = {both.intents[1]: is_closed(k) for k, both in played.items()}
    found = await app.settled(wanted)
    left = await to_thread(app.effects.left, wanted)
    for status, both in played.items():
        effects = left[both.intents[1]]
        seen = [(row["status"], row["order_already_paid"]) for row in effects]
        stage.equal(status, "took effect, order already paid", seen, [(status, True)])
        stage.equal(status, "the payment", found[both.intents[1]].status, status)
        after = await app.order_page(both.order)
        for name in ("status", "payment_tx_hash", "refund_tx_hash", "refund_amount"):
            stage.equal(status, f"the order's {name}", after[name], before[status][name])


@rule("A second success is held; a person keeps it, or accepts it without shipping.", Need.EFFECTS)
async def second_success(stage: Stage) -> None:
    """One is kept, one is accepted and then shipped on demand."""
    app = stage.app
    kept, accepted = await many_twins(app, 2)
    for index in (0, 1):
        for both in (kept, accepted):
            await app.deliver(both.intents[index], SUCCESS)
        wanted = {both.intents[index]: is_closed(SUCCESS) for both in (kept, accepted)}
        await app.settled(wanted)
    found = await app.show(*kept.intents, *accepted.intents)
    hashes = [found[intent].payment["payment_tx_hash"] for intent in kept.intents]
    stage.true("both", "have hashes of their own", all(hashes) and hashes[0] != hashes[1], hashes)
    listed = (await to_thread(app.ops, "review", "list", "--json")).out
    seen = [intent in listed for intent in (*kept.intents, *accepted.intents)]
    stage.equal("both", "in the list", seen, [False, True, False, True])
    await _resolve(stage, app, kept.intents[1], "--keep")
    await _resolve(stage, app, accepted.intents[1], "--as", SUCCESS)
    listed = (await to_thread(app.ops, "review", "list", "--json")).out
    seen = [intent in listed for intent in (kept.intents[1], accepted.intents[1])]
    stage.equal("resolved", "in the list", seen, [False, False])
    found = await app.show(kept.intents[1], accepted.intents[1])
    stage.equal("kept", "the payment", found[kept.intents[1]].status, PENDING)
    await _judge_accepted(stage, app, accepted, found[accepted.intents[1]])


async def _resolve(stage: Stage, app: App, intent: str, *verdict: str) -> None:
    ran = await to_thread(app.ops, "review", "resolve", intent, *verdict, "--note", "looked at")
    stage.equal(f"resolve {' '.join(verdict)}", "exit code", ran.code, 0)


async def _judge_accepted(stage: Stage, app: App, both: Twins, shown: Shown) -> None:
    intent = both.intents[1]
    stage.equal("accepted", "the payment", shown.status, SUCCESS)
    stage.equal("accepted", "the order", shown.order["status"], "paid")
    left = (await to_thread(app.effects.left, [intent]))[intent]
    seen = [(row["status"], row["order_already_paid"]) for row in left]
    stage.equal("accepted", "took effect, order already paid", seen, [(SUCCESS, True)])
    await asyncio.sleep(2)
    stage.equal("accepted", "announced", app.effects.announced(intent), [])
    ran = await to_thread(app.ops, "replay", intent, "--handler")
    stage.equal("shipped", "exit code", ran.code, 0)
    is_announced = await until(lambda: app.effects.announced(intent))
    stage.true("shipped", "is announced", is_announced)


@rule("A customer who tries again after expiry pays the order, and the late first one is held.")
async def second_try(stage: Stage) -> None:
    """Expired, then a new intent that succeeds, then the first one succeeds too."""
    app = stage.app
    bought = await app.buy()
    await app.deliver(bought.intent, EXPIRED)
    shown = await app.closed(bought.intent, EXPIRED)
    stage.equal("the first", "the order", shown.order["status"], "expired")
    second = await app.checkout(bought.order)
    await app.deliver(second, SUCCESS)
    shown = await app.closed(second, SUCCESS)
    stage.equal("the second", "the order", shown.order["status"], "paid")
    await app.deliver(bought.intent, SUCCESS)
    shown = await app.closed(bought.intent, SUCCESS)
    stage.equal("the first, late", "the payment", shown.status, EXPIRED)
    stage.equal("the first, late", "the reason", shown.reason, "order_already_paid")


@rule(
    "Two successes of one order at the same moment, in two processes, pay it once.",
    Need.EFFECTS,
    place=Place.OWN,
)
async def same_moment(stage: Stage) -> None:
    """The first transaction is still under way when the second one begins."""
    async with stage.open() as app:
        await app.start_web()
        played = await many_twins(app, 4)
        for both in played:
            for intent in both.intents:
                await app.truth(intent, SUCCESS)
                await to_thread(app.effects.order, intent, Fault(sleep=0.5))
        for both in played:  # one after the other: the workers must meet at the same order
            claims = zip(app.webs, both.intents, strict=True)
            await asyncio.gather(*(app.claim_at(web, one, SUCCESS) for web, one in claims))
            await until(partial(app.effects.announced, *both.intents))
        intents = [intent for both in played for intent in both.intents]
        found = await app.settled({intent: is_closed(SUCCESS) for intent in intents})
        left = await to_thread(app.effects.left, intents)
        for both in played:
            statuses = sorted(str(found[intent].status) for intent in both.intents)
            stage.equal(both.order, "statuses", statuses, [PENDING, SUCCESS])
            effects = [row["status"] for intent in both.intents for row in left[intent]]
            stage.equal(both.order, "took effect", effects, [SUCCESS])
