"""Reviews, and what answers them: a change that is applied, or one person, once."""

from __future__ import annotations

import asyncio
from asyncio import to_thread
from typing import TYPE_CHECKING

from kgscaffold.verify.extras import Fault
from kgscaffold.verify.model import Need, Place
from kgscaffold.verify.rule import rule
from kgscaffold.verify.rules.siblings import twins
from kgscaffold.verify.running import until
from kgscaffold.verify.shown import has_status, is_closed
from kgscaffold.verify.statuses import EXPIRED, REFUNDED, SUCCESS
from kgscaffold.verify.traces import traces

if TYPE_CHECKING:
    from kgscaffold.verify.app import App, Purchase
    from kgscaffold.verify.process import Ran
    from kgscaffold.verify.shown import Shown, Test
    from kgscaffold.verify.stage import Stage

WIDTH = 80
NO_VERDICTS = [(), ("--keep",), ("--note", "x"), ("--as", "paid", "--note", "x")]


async def _held_for_its_amount(app: App, number: int) -> list[Purchase]:
    """So many payments of a wrong amount, in review."""
    bought = await app.buy_many(number)
    for one in bought:
        await app.truth(one.intent, SUCCESS, fiat_amount="0.01")
        await app.claim(one.intent, SUCCESS)
    await app.settled({one.intent: is_closed(SUCCESS) for one in bought})
    return bought


async def _refunded_after_success(app: App, number: int) -> list[Purchase]:
    """So many paid orders whose money went back, in review."""
    bought = await app.buy_many(number)
    for status in (SUCCESS, REFUNDED):
        for one in bought:
            await app.deliver(one.intent, status)
        await app.settled({one.intent: is_closed(status) for one in bought})
    return bought


async def _resolve(app: App, bought: Purchase, *verdict: str) -> Ran:
    note = ("--note", "looked at", "--json")
    return await to_thread(app.ops, "review", "resolve", bought.intent, *verdict, *note)


def _refuses(stage: Stage, case: str, ran: Ran, told: str) -> None:
    stage.equal(case, "exit code", ran.code, 1)
    stage.true(case, f"says {told}", told in ran.told, ran.told)


async def _ran_once(stage: Stage, case: str, app: App, bought: Purchase) -> None:
    shown = await app.closed(bought.intent, SUCCESS)
    stage.equal(case, "the payment", shown.status, SUCCESS)
    left = await to_thread(app.effects.left, [bought.intent])
    effects = [row["status"] for row in left[bought.intent]]
    stage.equal(case, "took effect", effects, [SUCCESS])
    announced = app.effects.announced(bought.intent)
    stage.equal(case, "announced", announced, [(bought.intent, SUCCESS)])


@rule("A change that is applied clears the review that it answers, and no other.", Need.EFFECTS)
async def cleared(stage: Stage) -> None:
    """A wrong amount: then the right one, or an expiry, which does not answer it."""
    app = stage.app
    right, expiry = await _held_for_its_amount(app, 2)
    for one, status in ((right, SUCCESS), (expiry, EXPIRED)):
        await app.truth(one.intent, status, fiat_amount="300.0")
        ran = await to_thread(app.ops, "replay", one.intent)
        stage.equal(status, "replay", ran.code, 0)
    wanted = {right.intent: _settled(SUCCESS), expiry.intent: has_status(EXPIRED)}
    found = await app.settled(wanted)
    before = found[right.intent]
    seen = (before.needs_review, before.payment["review_reason"])
    stage.equal("the right amount", "needs review, reason", seen, (False, None))
    seen = (found[expiry.intent].needs_review, found[expiry.intent].reason)
    stage.equal("an expiry", "needs review, reason", seen, (True, "amount_mismatch"))
    verdicts = [("--as", SUCCESS), ("--as", REFUNDED), ("--keep",)]
    answers = await asyncio.gather(*(_resolve(app, right, *verdict) for verdict in verdicts))
    for verdict, ran in zip(verdicts, answers, strict=True):
        _refuses(stage, f"resolved, {' '.join(verdict)}", ran, "needs no review")
    after = (await app.show(right.intent))[right.intent]
    stage.equal("resolved", "the history", after.history, before.history)
    listed = (await to_thread(app.ops, "review", "list", "--json")).out
    in_it = [one.intent in listed for one in (right, expiry)]
    stage.equal("review list", "is in it", in_it, [False, True])
    await _ran_once(stage, "the right amount", app, right)


def _settled(status: str) -> Test:
    return lambda shown: shown.status == status and shown.closed(status)


@rule("What a person accepts after a wrong amount has its hash in the order.")
async def accepted(stage: Stage) -> None:
    """One dollar less, accepted."""
    app = stage.app
    bought = await app.buy()
    await to_thread(app.simulator.override, bought.intent, fiat_amount="299.0")
    await app.deliver(bought.intent, SUCCESS)
    told = (await app.closed(bought.intent, SUCCESS)).payment["payment_tx_hash"]
    ran = await _resolve(app, bought, "--as", SUCCESS)
    stage.equal("accepted", "exit code", ran.code, 0)
    page = await app.order_page(bought.order)
    stage.true("accepted", "has a hash", told)
    seen = (page["status"], page["payment_tx_hash"])
    stage.equal("accepted", "the order's status and hash", seen, ("paid", told))


@rule("A payment that is settled at last needs no review for having waited.", Need.ROWS)
async def waited(stage: Stage) -> None:
    """Unsettled for thirty days, then paid."""
    app = stage.app
    bought = await app.buy()
    long_ago = {"needs_review": True, "review_reason": "unsettled_for_30_days"}
    chosen = {"payment_intent_id": bought.intent}
    await to_thread(app.rows.update, "kryptogo_payments", long_ago, **chosen)
    await app.deliver(bought.intent, SUCCESS)
    shown = await app.closed(bought.intent, SUCCESS)
    seen = (shown.status, shown.needs_review)
    stage.equal("paid at last", "status, review", seen, (SUCCESS, False))


@rule("A second success stays in review when the first one changes.")
async def second_stays(stage: Stage) -> None:
    """The first one's money goes back, and a person says so."""
    app = stage.app
    both = await twins(app)
    for intent in both.intents:
        await app.deliver(intent, SUCCESS)
        shown = await app.closed(intent, SUCCESS)
    stage.equal("the second", "the reason", shown.reason, "order_already_paid")
    await app.deliver(both.intents[0], REFUNDED)
    await app.closed(both.intents[0], REFUNDED)
    note = ("--as", REFUNDED, "--note", "it went back")
    ran = await to_thread(app.ops, "review", "resolve", both.intents[0], *note)
    stage.equal("the first", "resolve", ran.code, 0)
    shown = (await app.show(both.intents[1]))[both.intents[1]]
    stage.equal("the second, then", "the reason", shown.reason, "order_already_paid")


@rule(
    "A review that is resolved twice runs its handler once, also at the same moment.",
    Need.EFFECTS,
    place=Place.OWN,
)
async def twice(stage: Stage) -> None:
    """One after the other, two at once, one while the worker applies, and as what it is."""
    async with stage.open() as app:
        after, at_once, while_applied = await _held_for_its_amount(app, 3)
        ran = await _resolve(app, after, "--as", SUCCESS)
        stage.equal("the first time", "exit code", ran.code, 0)
        _refuses(stage, "again", await _resolve(app, after, "--as", SUCCESS), "needs no review")
        await _ran_once(stage, "one after the other", app, after)
        await to_thread(app.effects.order, at_once.intent, Fault(sleep=3))
        both = await asyncio.gather(*(_resolve(app, at_once, "--as", SUCCESS) for _ in range(2)))
        stage.equal("at once", "exit codes", sorted(one.code for one in both), [0, 1])
        await _ran_once(stage, "at once", app, at_once)
        await app.truth(while_applied.intent, SUCCESS, fiat_amount="300.0")
        await to_thread(app.effects.order, while_applied.intent, Fault(sleep=4))
        await to_thread(app.ops, "replay", while_applied.intent)
        await until(lambda: app.effects.calls(while_applied.intent))
        ran = await _resolve(app, while_applied, "--as", SUCCESS)
        stage.equal("while the worker applies", "exit code", ran.code, 1)
        await _ran_once(stage, "while the worker applies", app, while_applied)


@rule(
    "A review is listed with what happened and what each verdict does, and is kept or adopted.",
    Need.EFFECTS,
)
async def resolved(stage: Stage) -> None:
    """Orders that were paid and whose money went back."""
    app = stage.app
    kept, adopted, same, undecided = await _refunded_after_success(app, 4)
    listing, text, screen = await asyncio.gather(
        to_thread(app.ops, "review", "list", "--json"),
        to_thread(app.ops, "review", "list"),
        to_thread(app.ops, "show", kept.intent),
    )
    mine = [one for one in listing.data["payments"] if one["payment_intent_id"] == kept.intent]
    stage.equal("review list", "is in it, once", len(mine), 1)
    names = set(mine[0]["explanation"])
    stage.equal("review list", "explains", names, {"happened", "keep", "adopt"})
    stage.true("review list", "shows it", kept.intent in text.out, text.out)
    for told in ("money went back", "--keep", "the order stays paid", "--as", "handler runs"):
        stage.true("review list", f"tells {told!r}", told in text.out, text.out)
        stage.true("show", f"tells {told!r}", told in screen.out, screen.out)
    wide = [line for line in text.out.splitlines() if len(line) > WIDTH]
    stage.equal("review list", f"lines of over {WIDTH} columns", wide, [])
    before = (await app.show(same.intent))[same.intent]
    verdicts = [(kept, ("--keep",)), (adopted, ("--as", REFUNDED)), (same, ("--as", SUCCESS))]
    ran = await asyncio.gather(*(_resolve(app, one, *verdict) for one, verdict in verdicts))
    stage.equal("verdicts", "exit codes", [one.code for one in ran], [0, 0, 1])
    stage.true("as what it is", "names --keep", "--keep" in ran[2].told, ran[2].told)
    await _refuse_verdicts(stage, app, undecided)
    found = await app.show(kept.intent, adopted.intent, same.intent, undecided.intent)
    left = await to_thread(app.effects.left, found)
    effects = {name: [row["status"] for row in rows] for name, rows in left.items()}
    _judge_resolved(stage, found, effects, kept.intent, adopted.intent)
    shown = found[same.intent]
    stage.true("as what it is", "still needs review", shown.needs_review)
    stage.equal("as what it is", "the history", shown.history, before.history)
    await _ran_once(stage, "as what it is", app, same)
    stage.true("without a verdict", "still needs review", found[undecided.intent].needs_review)
    listed = (await to_thread(app.ops, "review", "list", "--json")).out
    seen = [one.intent in listed for one in (kept, adopted, same, undecided)]
    stage.equal("review list, then", "is in it", seen, [False, False, True, True])


async def _refuse_verdicts(stage: Stage, app: App, bought: Purchase) -> None:
    commands = [("review", "resolve", bought.intent, *verdict) for verdict in NO_VERDICTS]
    answers = await asyncio.gather(*(to_thread(app.ops, *command) for command in commands))
    for verdict, ran in zip(NO_VERDICTS, answers, strict=True):
        case = f"resolve {' '.join(verdict)}"
        stage.true(case, "is refused", ran.code != 0, ran.code)
        stage.true(case, "is without a traceback", not traces(ran.err), ran.err)


def _judge_resolved(
    stage: Stage, found: dict[str, Shown], effects: dict[str, list[str]], kept: str, adopted: str
) -> None:
    seen = (found[kept].status, found[kept].needs_review)
    stage.equal("--keep", "status, review", seen, (SUCCESS, False))
    stage.true("--keep", "the note is kept", "looked at" in str(found[kept]), found[kept])
    stage.equal("--keep", "took effect", effects[kept], [SUCCESS])
    shown = found[adopted]
    seen = (shown.status, shown.needs_review)
    stage.equal("--as", "status, review", seen, (REFUNDED, False))
    stage.equal("--as", "took effect", effects[adopted], [SUCCESS, REFUNDED])
    stage.equal("--as", "the order", shown.order["status"], "refunded")
    last = shown.history[-1]
    seen = (last["source"], last["to_status"])
    stage.equal("--as", "the last entry", seen, ("manual", REFUNDED))
