"""`reconcile` and `replay`: what no callback told, and what is to be done again."""

from __future__ import annotations

from asyncio import to_thread
from datetime import timedelta
from typing import TYPE_CHECKING

from kgscaffold.verify.extras import ALWAYS, Fault
from kgscaffold.verify.model import Need, Place
from kgscaffold.verify.rule import rule
from kgscaffold.verify.running import until
from kgscaffold.verify.shown import as_time, has_status, is_closed
from kgscaffold.verify.statuses import EXPIRED, NOT_REFUNDED, PENDING, REFUNDED, SUCCESS

if TYPE_CHECKING:
    from kgscaffold.verify.shown import Shown
    from kgscaffold.verify.stage import Stage

MOVED = (SUCCESS, EXPIRED, NOT_REFUNDED, REFUNDED)
NEXT_CHECKS = {NOT_REFUNDED: 10, EXPIRED: 10, SUCCESS: None, REFUNDED: None}
"""Minutes after the change."""
LONGEST_WAIT = 6 * 3600 + 60


@rule(
    "Reconcile finds what no callback told, and leaves alone what is not due.",
    Need.CLOCK,
    Need.EFFECTS,
)
async def silent(stage: Stage) -> None:
    """Each status, one payment that has not moved, and one that is not due."""
    app = await stage.reconciled()
    *ways, unmoved, not_due = await app.buy_many(len(MOVED) + 2)
    for status, one in zip(MOVED, ways, strict=True):
        await app.truth(one.intent, status)
    await app.truth(not_due.intent, SUCCESS)
    await to_thread(app.clock.make_due, [one.intent for one in (*ways, unmoved)])
    ran = await to_thread(app.ops, "reconcile", "--json")
    stage.equal("reconcile", "exit code", ran.code, 0)
    wanted = {one.intent: is_closed("recheck") for one in ways}
    found = await app.settled({**wanted, unmoved.intent: _checked_later})
    found |= await app.show(not_due.intent)
    left = await to_thread(app.effects.left, [one.intent for one in (*ways, unmoved)])
    for status, one in zip(MOVED, ways, strict=True):
        shown = found[one.intent]
        stage.equal(status, "the payment", shown.status, status)
        stage.equal(status, "took effect", [r["status"] for r in left[one.intent]], [status])
        stage.equal(status, "source", shown.history[-1]["source"], "reconcile")
    shown = found[unmoved.intent]
    stage.true("unmoved", "is checked later", _checked_later(shown), shown.payment)
    seen = (left[unmoved.intent], shown.outcomes)
    stage.equal("unmoved", "effects, outcomes", seen, ([], []))
    stage.equal("not due", "the payment", found[not_due.intent].status, PENDING)


def _checked_later(shown: Shown) -> bool:
    payment = shown.payment
    if payment["last_verified_at"] is None:
        return False
    ahead = as_time(payment["next_check_at"]) - as_time(payment["last_verified_at"])
    return ahead > timedelta(minutes=9)


@rule("Reconcile takes up what is dead.", Need.CLOCK, Need.EFFECTS, place=Place.OWN)
async def dead(stage: Stage) -> None:
    """A handler that failed until nobody tried it again."""
    async with stage.open() as app:
        bought = await app.buy()
        await to_thread(app.effects.order, bought.intent, Fault(fail=ALWAYS))
        await app.deliver(bought.intent, SUCCESS)
        await to_thread(app.clock.pass_waits, bought.intent, SUCCESS, LONGEST_WAIT)
        shown = (await app.show(bought.intent))[bought.intent]
        stage.equal("before", "state", shown.state(SUCCESS), "dead")
        await to_thread(app.effects.lift, bought.intent)
        ran = await to_thread(app.ops, "reconcile")
        stage.equal("reconcile", "exit code", ran.code, 0)
        await app.settled({bought.intent: has_status(SUCCESS)})
        left = await to_thread(app.effects.left, [bought.intent])
        stage.equal("then", "took effect", [r["status"] for r in left[bought.intent]], [SUCCESS])


@rule("When a payment is looked at next follows from its status.")
async def next_check(stage: Stage) -> None:
    """After each change."""
    app = stage.app
    bought = dict(zip(NEXT_CHECKS, await app.buy_many(len(NEXT_CHECKS)), strict=True))
    for status, one in bought.items():
        await app.deliver(one.intent, status)
    found = await app.settled({one.intent: is_closed(s) for s, one in bought.items()})
    for status, minutes in NEXT_CHECKS.items():
        payment = found[bought[status].intent].payment
        if minutes is None:
            stage.equal(status, "the next check", payment["next_check_at"], None)
            continue
        ahead = as_time(payment["next_check_at"]) - as_time(payment["updated_at"])
        near = abs(ahead - timedelta(minutes=minutes)) < timedelta(seconds=30)
        stage.true(status, "the next check", near, ahead, f"{minutes} minutes later")


@rule(
    "`replay --handler` runs the current status's handler again, and says that it did.",
    Need.EFFECTS,
)
async def replay_handler(stage: Stage) -> None:
    """After a success."""
    app = stage.app
    bought = await app.buy()
    await app.deliver(bought.intent, SUCCESS)
    await app.closed(bought.intent, SUCCESS)
    ran = await to_thread(app.ops, "replay", bought.intent, "--handler", "--json")
    expected = {"handler": bought.intent, "ran_again": SUCCESS}
    stage.equal("replay --handler", "code, object", (ran.code, ran.data), (0, expected))
    twice = await until(lambda: len(app.effects.announced(bought.intent)) == 2)
    stage.true("replay --handler", "is announced twice", twice)
    left = await to_thread(app.effects.left, [bought.intent])
    effects = [row["status"] for row in left[bought.intent]]
    stage.equal("replay --handler", "took effect", effects, [SUCCESS, SUCCESS])
    shown = (await app.show(bought.intent))[bought.intent]
    stage.equal("replay --handler", "applied", shown.applied, [SUCCESS])
    last = shown.history[-1]
    seen = (last["source"], last["applied_status"])
    stage.equal("replay --handler", "the last entry", seen, ("manual", None))
