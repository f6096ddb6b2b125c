"""Handlers that raise, that fail after the commit, and orders that are not there."""

from __future__ import annotations

import asyncio
from asyncio import to_thread
from typing import TYPE_CHECKING

from kgscaffold.verify.app import Purchase
from kgscaffold.verify.extras import ALWAYS, Fault
from kgscaffold.verify.model import Need
from kgscaffold.verify.rule import rule
from kgscaffold.verify.rules.unregistered import register
from kgscaffold.verify.running import until
from kgscaffold.verify.shown import has_failed, has_status, is_closed
from kgscaffold.verify.statuses import (
    EXPIRED,
    NOT_REFUNDED,
    ORDER_STATUS,
    PENDING,
    REFUNDED,
    STATUSES,
    SUCCESS,
)

if TYPE_CHECKING:
    from kgscaffold.verify.stage import Stage

LONGEST_WAIT = 6 * 3600 + 60
ATTEMPTS = 10
"""The first, and one after each wait of the schedule."""


@rule("A handler that raises is rolled back whole and tried again.", Need.EFFECTS, Need.CLOCK)
async def raises(stage: Stage) -> None:
    """Each status's handler: it fails until it was looked at."""
    app = stage.app
    bought = dict(zip(STATUSES, await app.buy_many(len(STATUSES)), strict=True))
    for status, one in bought.items():
        await to_thread(app.effects.order, one.intent, Fault(fail=ALWAYS))
        await app.deliver(one.intent, status)
    found = await app.settled({one.intent: has_failed(s) for s, one in bought.items()})
    left = await to_thread(app.effects.left, [one.intent for one in bought.values()])
    for status, one in bought.items():
        shown = found[one.intent]
        error = shown.callback(status)["last_error"] or ""
        stage.true(f"{status} raised", "the error", "ordered to fail" in error, error)
        seen = (shown.status, shown.applied, left[one.intent], shown.order["status"])
        stage.equal(f"{status} raised", "what is left of it", seen, (PENDING, [], [], "new"))
        await to_thread(app.effects.lift, one.intent)
        await to_thread(app.clock.age, one.intent, LONGEST_WAIT, status)
    found = await app.settled({one.intent: is_closed(s) for s, one in bought.items()})
    left = await to_thread(app.effects.left, [one.intent for one in bought.values()])
    for status, one in bought.items():
        shown, effects = found[one.intent], [row["status"] for row in left[one.intent]]
        stage.equal(f"{status} tried again", "state", shown.state(status), "done")
        stage.equal(f"{status} tried again", "took effect", effects, [status])
        stage.equal(f"{status} tried again", "applied", shown.applied, [status])
        order = shown.order["status"]
        stage.equal(f"{status} tried again", "the order", order, ORDER_STATUS[status])
        calls = app.effects.calls(one.intent)
        stage.true(f"{status} tried again", "was called again", calls >= 2, calls)


@rule(
    "A handler that ends the transaction itself has failed, and nothing of it is kept.",
    Need.EFFECTS,
    Need.CLOCK,
)
async def ends_transaction(stage: Stage) -> None:
    """By a commit and by a rollback; then it is mended, and runs as if it were the first time."""
    app = stage.app
    bought = dict(zip(("commit", "rollback"), await app.buy_many(2), strict=True))
    for ending, one in bought.items():
        await to_thread(app.effects.order, one.intent, Fault(ends=ending))
        await app.deliver(one.intent, SUCCESS)
    found = await app.settled({one.intent: has_failed(SUCCESS) for one in bought.values()})
    left = await to_thread(app.effects.left, [one.intent for one in bought.values()])
    for ending, one in bought.items():
        shown = found[one.intent]
        seen = (shown.status, shown.applied, left[one.intent], shown.order["status"])
        stage.equal(ending, "what is left of it", seen, (PENDING, [], [], "new"))
        await to_thread(app.effects.lift, one.intent)
        await to_thread(app.clock.age, one.intent, 150, SUCCESS)
    found = await app.settled({one.intent: is_closed(SUCCESS) for one in bought.values()})
    left = await to_thread(app.effects.left, [one.intent for one in bought.values()])
    for ending, one in bought.items():
        shown = found[one.intent]
        effects = [row["status"] for row in left[one.intent]]
        seen = (shown.state(SUCCESS), shown.applied, effects, shown.order["status"])
        stage.equal(
            f"{ending}, mended", "what is left", seen, ("done", [SUCCESS], [SUCCESS], "paid")
        )
        announced = await to_thread(app.effects.announced, one.intent)
        stage.equal(f"{ending}, mended", "after_commit", announced, [(one.intent, SUCCESS)])


@rule(
    "A handler that keeps raising is dead in the end, never half applied, and replay opens it.",
    Need.EFFECTS,
    Need.CLOCK,
)
async def keeps_raising(stage: Stage) -> None:
    """Ten attempts, the waits passed at once."""
    app = stage.app
    bought = await app.buy()
    await to_thread(app.effects.order, bought.intent, Fault(fail=ALWAYS))
    await app.deliver(bought.intent, SUCCESS)
    await to_thread(app.clock.pass_waits, bought.intent, SUCCESS, LONGEST_WAIT)
    shown = (await app.show(bought.intent))[bought.intent]
    row = shown.callback(SUCCESS)
    stage.equal("in the end", "state", row["state"], "dead")
    stage.true("in the end", "the error", "ordered to fail" in row["last_error"], row)
    stage.equal("in the end", "calls", app.effects.calls(bought.intent), ATTEMPTS)
    seen = (shown.status, shown.applied, shown.order["status"])
    stage.equal("in the end", "what is left of it", seen, (PENDING, [], "new"))
    left = await to_thread(app.effects.left, [bought.intent])
    stage.equal("in the end", "took effect", left[bought.intent], [])
    stage.true("in the end", "dead in the history", "dead" in shown.outcomes, shown.outcomes)
    lines = app.logs.lines(bought.intent)
    stage.true("in the end", "an error in the log", any("ERROR" in one for one in lines), lines)
    await to_thread(app.effects.lift, bought.intent)
    ran = await to_thread(app.ops, "replay", bought.intent)
    stage.equal("replay", "exit code", ran.code, 0)
    await app.settled({bought.intent: has_status(SUCCESS)})
    left = await to_thread(app.effects.left, [bought.intent])
    stage.equal("replay", "took effect", [r["status"] for r in left[bought.intent]], [SUCCESS])


@rule(
    "An after_commit that raises is tried again, and apply is not.",
    Need.EFFECTS,
    Need.CLOCK,
)
async def after_commit_raises(stage: Stage) -> None:
    """Twice, of the two statuses that have one; the change stands meanwhile."""
    app = stage.app
    statuses = (SUCCESS, REFUNDED)
    bought = dict(zip(statuses, await app.buy_many(2), strict=True))
    for status, one in bought.items():
        await to_thread(app.effects.order, one.intent, None, Fault(fail=ALWAYS))
        await app.deliver(one.intent, status)
    found = await app.settled({one.intent: has_failed(s) for s, one in bought.items()})
    for status, one in bought.items():
        shown = found[one.intent]
        seen = (shown.status, shown.state(status), shown.order["status"])
        stage.equal(
            f"{status}, failing", "it stands", seen, (status, "applied", ORDER_STATUS[status])
        )
        stage.equal(f"{status}, failing", "announced", app.effects.announced(one.intent), [])
        await to_thread(app.effects.order, one.intent, None, Fault(fail=2))
    pass_waits = app.clock.pass_waits
    waits = (to_thread(pass_waits, one.intent, s, LONGEST_WAIT) for s, one in bought.items())
    await asyncio.gather(*waits)
    found = await app.settled({one.intent: is_closed(s) for s, one in bought.items()})
    left = await to_thread(app.effects.left, [one.intent for one in bought.values()])
    for status, one in bought.items():
        case, shown = f"{status}, in the end", found[one.intent]
        stage.equal(case, "state", shown.state(status), "done")
        announced = app.effects.announced(one.intent)
        stage.equal(case, "announced", announced, [(one.intent, status)])
        calls = app.effects.calls(one.intent, "after_commit")
        stage.true(case, "calls of after_commit", calls >= 3, calls, "three")
        stage.equal(case, "calls of apply", app.effects.calls(one.intent), 1)
        effects = [row["status"] for row in left[one.intent]]
        stage.equal(case, "took effect", effects, [status])


@rule(
    "An after_commit that keeps raising is dead, though its change stands; replay calls it again.",
    Need.EFFECTS,
    Need.CLOCK,
)
async def after_commit_keeps_raising(stage: Stage) -> None:
    """Until the schedule is over; the attempts begin anew with what was applied."""
    app = stage.app
    bought = await app.buy()
    await to_thread(app.effects.order, bought.intent, None, Fault(fail=ALWAYS))
    await app.deliver(bought.intent, SUCCESS)
    await to_thread(app.clock.pass_waits, bought.intent, SUCCESS, LONGEST_WAIT)
    shown = (await app.show(bought.intent))[bought.intent]
    stage.equal("in the end", "state", shown.state(SUCCESS), "dead")
    stage.equal("in the end", "the order", shown.order["status"], "paid")
    calls = app.effects.calls(bought.intent, "after_commit")
    stage.equal("in the end", "calls of after_commit", calls, ATTEMPTS)
    await to_thread(app.effects.lift, bought.intent)
    ran = await to_thread(app.ops, "replay", bought.intent)
    stage.equal("replay", "exit code", ran.code, 0)
    is_announced = await until(lambda: app.effects.announced(bought.intent))
    stage.true("replay", "is announced", is_announced)
    shown = await app.closed(bought.intent, SUCCESS)
    stage.equal("replay", "state", shown.state(SUCCESS), "done")
    left = await to_thread(app.effects.left, [bought.intent])
    stage.equal("replay", "took effect", [r["status"] for r in left[bought.intent]], [SUCCESS])


@rule("after_commit is called once for each applied status in a quiet run.", Need.EFFECTS)
async def after_commit_once(stage: Stage) -> None:
    """Three statuses of one intent."""
    app = stage.app
    bought = await app.buy()
    path = [EXPIRED, NOT_REFUNDED, SUCCESS]
    for status in path:
        await app.deliver(bought.intent, status)
        shown = await app.closed(bought.intent, status)
        stage.equal(status, "state", shown.state(status), "done")
    announced = app.effects.announced(bought.intent)
    stage.equal("the way", "announced", announced, [(bought.intent, status) for status in path])
    left = await to_thread(app.effects.left, [bought.intent])
    stage.equal("the way", "took effect", [row["status"] for row in left[bought.intent]], path)


@rule("An order that is not there is an error that is tried again.", Need.EFFECTS)
async def no_order(stage: Stage) -> None:
    """An intent registered for an order that nobody made."""
    app = stage.app
    made = await to_thread(app.simulator.create_intent, order_data={})
    intent = made["payment_intent_id"]
    ran = await to_thread(register, app, Purchase("987654321", intent))
    stage.equal("register", "exit code", ran.code, 0)
    await app.deliver(intent, SUCCESS)
    shown = (await app.settled({intent: has_failed(SUCCESS)}))[intent]
    stage.true("no order", "an error", shown.callback(SUCCESS)["last_error"], shown)
    seen = (shown.state(SUCCESS), shown.status)
    stage.equal("no order", "state, the payment", seen, ("pending", PENDING))
    left = await to_thread(app.effects.left, [intent])
    stage.equal("no order", "took effect", left[intent], [])
