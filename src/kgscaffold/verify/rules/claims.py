"""What a callback claims, against what KryptoGO answers: only the answer moves a payment."""

from __future__ import annotations

import asyncio
from asyncio import to_thread
from itertools import permutations
from typing import TYPE_CHECKING

from kgscaffold.verify.model import Need
from kgscaffold.verify.rule import rule
from kgscaffold.verify.running import until
from kgscaffold.verify.shown import as_time
from kgscaffold.verify.statuses import (
    AHEAD,
    EXPIRED,
    NOT_REFUNDED,
    ORDER_STATUS,
    PENDING,
    REFUNDED,
    STATUSES,
    SUCCESS,
    UNRELATED,
    standing,
)

if TYPE_CHECKING:
    from kgscaffold.verify.app import App, Purchase
    from kgscaffold.verify.shown import Row, Shown, Test
    from kgscaffold.verify.stage import Stage

Pair = tuple[str, str]
"""KryptoGO's answer, and what the callback says."""
PAIRS: list[Pair] = list(permutations(STATUSES, 2))
_A_MINUTE = 60
_GIVEN_UP = 180
"""Seconds for which a claim waits to be reached."""
_A_WAIT = 125
"""Seconds that pass at once between two looks at a claim that is ahead: more than any wait."""


def _is_ahead(truth: str, claim: str) -> bool:
    """Say whether `claim` waits, once the payment has followed KryptoGO to `truth`."""
    return standing(claim, truth, truth) == AHEAD


def looked_at(shown: Shown, status: str) -> bool:
    """Say whether KryptoGO was asked because of this callback, and the attempt has ended."""
    row = shown.callback(status)
    return bool(row) and row["attempts"] > 0 and row["lease_token"] is None


async def _play(app: App) -> dict[Pair, tuple[Purchase, Shown]]:
    bought = dict(zip(PAIRS, await app.buy_many(len(PAIRS)), strict=True))

    def arrived(pair: Pair, shown: Shown) -> bool:
        truth, claim = pair
        closed = _is_ahead(truth, claim) or shown.closed(claim)
        return shown.status == truth and closed and looked_at(shown, claim)

    for (truth, claim), one in bought.items():
        await app.truth(one.intent, truth)
        await app.claim(one.intent, claim)
    wanted = {one.intent: lambda s, pair=pair: arrived(pair, s) for pair, one in bought.items()}
    shown = await app.settled(wanted)
    return {pair: (one, shown[one.intent]) for pair, one in bought.items()}


async def _played(stage: Stage) -> dict[Pair, tuple[Purchase, Shown]]:
    return await stage.once("claims", lambda: _play(stage.app))


@rule("The payment follows KryptoGO's answer and not the claim.", Need.EFFECTS)
async def follow(stage: Stage) -> None:
    """Every pair of an answer and another claim."""
    played = await _played(stage)
    left = await to_thread(stage.app.effects.left, [one.intent for one, _ in played.values()])
    for (truth, claim), (one, shown) in played.items():
        case = f"{claim} claimed, {truth} answered"
        effects = [row["status"] for row in left[one.intent]]
        stage.equal(case, "the payment's status", shown.status, truth)
        stage.equal(case, "took effect", effects, [] if truth == PENDING else [truth])
        stage.equal(case, "the order", shown.order["status"], ORDER_STATUS[truth])


@rule("A claim is closed if it is passed or unrelated, and waits if KryptoGO may still reach it.")
async def closed(stage: Stage) -> None:
    """State and outcome of each claim."""
    for (truth, claim), (_, shown) in (await _played(stage)).items():
        case, stands = f"{claim} claimed, {truth} answered", standing(claim, truth, truth)
        row = shown.callback(claim)
        if stands == AHEAD:
            waits = row["state"] in ("pending", "applied") or _was_given_up(row)
            stage.true(case, "waits", waits, row["state"], "pending or applied")
            continue
        stage.equal(case, "state", row["state"], "done")
        unrelated = row["outcome"] == "unrelated"
        stage.equal(case, "outcome is unrelated", unrelated, stands == UNRELATED)


def _was_given_up(row: Row) -> bool:
    """Say whether three minutes went by: the machine was slow to look."""
    if row["state"] != "rejected":
        return False
    waited = as_time(row["processed_at"]) - as_time(row["first_received_at"])
    return waited.total_seconds() > _GIVEN_UP


@rule(
    "A claim that KryptoGO does not reach for three minutes is closed; its key is not consumed.",
    Need.CLOCK,
    Need.EFFECTS,
)
async def ahead(stage: Stage) -> None:
    """Each pair whose claim is ahead, waited for; then KryptoGO gets there."""
    app = stage.app
    played = {pair: one for pair, (one, _) in (await _played(stage)).items()}
    waiting = {pair: one for pair, one in played.items() if _is_ahead(*pair)}
    waits = [
        to_thread(app.clock.pass_waits, one.intent, claim, _A_WAIT)
        for (_, claim), one in waiting.items()
    ]
    await asyncio.gather(*waits)
    found = await app.show(*(one.intent for one in waiting.values()))
    for (truth, claim), one in waiting.items():
        case, shown = f"{claim} claimed, {truth} answered", found[one.intent]
        stage.equal(case, "the payment's status", shown.status, truth)
        rejected = truth == PENDING  # else its own delivery has led to what was applied
        stage.equal(case, "state", shown.state(claim), "rejected" if rejected else "done")
        stage.equal(case, "rejected in the history", "rejected" in shown.outcomes, rejected)
        if not rejected:
            await to_thread(app.clock.age, one.intent, 70, claim)
        await app.deliver(one.intent, claim)
    wanted = {
        one.intent: lambda shown, claim=claim: shown.status == claim and shown.closed(claim)
        for (_, claim), one in waiting.items()
    }
    found = await app.settled(wanted)
    left = await to_thread(app.effects.left, wanted)
    for (truth, claim), one in waiting.items():
        case, shown = f"{claim} claimed, {truth} answered, then reached", found[one.intent]
        stage.equal(case, "the payment's status", shown.status, claim)
        stage.equal(case, "took effect last", [r["status"] for r in left[one.intent]][-1:], [claim])
        stage.equal(case, "the order", shown.order["status"], ORDER_STATUS[claim])


@rule("A status that the API shows late is applied then.", Need.EFFECTS)
async def late_answer(stage: Stage) -> None:
    """The callback says success, the API still pending, and seconds later success."""
    app = stage.app
    bought = await app.buy()
    before = len(await to_thread(app.simulator.requests))
    await to_thread(app.simulator.override, bought.intent, status=PENDING)
    await app.deliver(bought.intent, SUCCESS)

    def is_asked() -> bool:
        return any(bought.intent in one["path"] for one in app.simulator.requests(before))

    stage.true("not yet", "KryptoGO is asked", await until(is_asked, within=60))
    page = await app.order_page(bought.order)
    stage.equal("not yet", "the order", page["status"], "new")
    await to_thread(app.simulator.clear_overrides, bought.intent)
    shown = await app.closed(bought.intent, SUCCESS)
    left = await to_thread(app.effects.left, [bought.intent])
    stage.equal("then", "state", shown.state(SUCCESS), "done")
    stage.equal("then", "took effect", [r["status"] for r in left[bought.intent]], [SUCCESS])
    stage.equal("then", "the order", shown.order["status"], "paid")


@rule("A refund after an underpayment is not lost, and the order tells what was refunded.")
async def refund(stage: Stage) -> None:
    """One intent calls back twice, with another status each time."""
    app = stage.app
    bought = await app.buy()
    for status in (NOT_REFUNDED, REFUNDED):
        await app.deliver(bought.intent, status)
        await app.closed(bought.intent, status)
    shown = (await app.show(bought.intent))[bought.intent]
    stage.equal("both", "applied", shown.applied, [NOT_REFUNDED, REFUNDED])
    truth = await to_thread(app.simulator.intent, bought.intent)
    page = await app.order_page(bought.order)
    stage.equal("the order", "status", page["status"], "refunded")
    stage.equal("the order", "hash", page["refund_tx_hash"], truth["refund_tx_hash"])
    amounts = [float(one["refund_amount"]) for one in (page, truth)]
    stage.equal("the order", "amount", *amounts)


@rule("Callbacks in reverse order end at the last status, which takes effect once.", Need.EFFECTS)
async def reverse_order(stage: Stage) -> None:
    """Success, expired and pending about an intent that has succeeded."""
    app = stage.app
    bought = await app.buy()
    await app.truth(bought.intent, SUCCESS)
    claims = (SUCCESS, EXPIRED, PENDING)
    for status in claims:
        stage.equal(status, "the answer", (await app.claim(bought.intent, status)).status, 200)
    shown = await app.closed(bought.intent, *claims)
    for status in claims:
        stage.equal(status, "state", shown.state(status), "done")
    left = await to_thread(app.effects.left, [bought.intent])
    stage.equal("the end", "took effect", [r["status"] for r in left[bought.intent]], [SUCCESS])
    stage.equal("the end", "the order", shown.order["status"], "paid")


@rule("What was closed without being applied is looked at again at most once a minute.", Need.CLOCK)
async def once_a_minute(stage: Stage) -> None:
    """An unrelated claim, delivered at once and after a minute."""
    app = stage.app
    bought = await app.buy()
    await app.deliver(bought.intent, REFUNDED)
    await app.closed(bought.intent, REFUNDED)
    await app.claim(bought.intent, SUCCESS)
    first = (await app.closed(bought.intent, SUCCESS)).callback(SUCCESS)
    stage.equal("first", "outcome", first["outcome"], "unrelated")
    await app.claim(bought.intent, SUCCESS)
    again = (await app.show(bought.intent))[bought.intent].callback(SUCCESS)
    seen = (again["state"], again["processed_at"])
    since = as_time(again["last_received_at"]) - as_time(first["processed_at"])
    if since.total_seconds() < _A_MINUTE:
        stage.equal("at once", "state and time", seen, ("done", first["processed_at"]))
    await to_thread(app.clock.age, bought.intent, 70, SUCCESS)
    await app.claim(bought.intent, SUCCESS)
    before = again["processed_at"] or first["processed_at"]
    looked = {bought.intent: lambda s: (s.callback(SUCCESS)["processed_at"] or "") > before}
    found = await app.settled(looked)
    stage.true("after a minute", "is looked at", looked[bought.intent](found[bought.intent]))


@rule("A delivery makes a callback that waits due now.", Need.CLOCK)
async def due_now(stage: Stage) -> None:
    """After five looks while KryptoGO is down it waits ten minutes; a delivery brings it on."""
    app = stage.app
    bought = await app.buy()
    await to_thread(app.simulator.set_provider_of, bought.intent, mode="down")
    await app.claim(bought.intent, SUCCESS)
    await app.settled({bought.intent: _tried(1)})
    for attempts in range(2, 6):
        await to_thread(app.clock.age, bought.intent, 700)
        await app.settled({bought.intent: _tried(attempts)})
    await to_thread(app.simulator.set_provider_of, bought.intent, mode="up")
    await app.truth(bought.intent, SUCCESS)
    await to_thread(app.clock.age_lease, bought.intent, SUCCESS)
    waits = (await app.show(bought.intent))[bought.intent].callback(SUCCESS)["next_attempt_at"]
    await app.claim(bought.intent, SUCCESS)
    shown = await app.closed(bought.intent, SUCCESS)
    stage.equal("the delivery", "the payment", shown.status, SUCCESS)
    verified = shown.payment["last_verified_at"]
    stage.true("the delivery", "is settled before its turn", verified < waits, verified, waits)


def _tried(attempts: int) -> Test:
    def test(shown: Shown) -> bool:
        row = shown.callback(SUCCESS)
        return row["lease_token"] is None and row["attempts"] >= attempts

    return test


@rule("The first confirmed pending runs its handler, once.", Need.EFFECTS)
async def first_pending(stage: Stage) -> None:
    """Three deliveries that say pending."""
    app = stage.app
    bought = await app.buy()
    for time in range(3):
        answer = await app.claim(bought.intent, PENDING)
        stage.equal(time, "the answer", answer.status, 200)
        shown = await app.closed(bought.intent, PENDING)
    left = await to_thread(app.effects.left, [bought.intent])
    stage.equal("pending", "took effect", [r["status"] for r in left[bought.intent]], [PENDING])
    stage.equal("pending", "applied", shown.applied, [PENDING])
    stage.equal("pending", "the order", shown.order["status"], "new")
