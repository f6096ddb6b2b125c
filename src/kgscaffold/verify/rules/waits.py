"""Bounds that are waited for in real time: an apply's, a lease's, an unconfirmed claim's."""

from __future__ import annotations

import asyncio
from asyncio import to_thread
from typing import TYPE_CHECKING

from kgscaffold.verify.extras import Fault
from kgscaffold.verify.model import Depth, Need, Place
from kgscaffold.verify.rule import rule
from kgscaffold.verify.running import until
from kgscaffold.verify.shown import as_time, has_status, is_closed
from kgscaffold.verify.statuses import EXPIRED, NOT_REFUNDED, REFUNDED, SUCCESS

if TYPE_CHECKING:
    from kgscaffold.verify.app import App, Purchase
    from kgscaffold.verify.shown import Shown
    from kgscaffold.verify.stage import Stage

APPLY, LEASE, LAG = 30, 120, 182
"""Seconds: an apply at most, a lease, and the last look at a claim that is ahead."""
SLACK = 45
CLAIMS = (SUCCESS, EXPIRED, NOT_REFUNDED, REFUNDED)


def _taken(shown: Shown, status: str) -> float:
    row = shown.callback(status)
    received, processed = as_time(row["first_received_at"]), as_time(row["processed_at"])
    return (processed - received).total_seconds()


async def _in_an_apply(app: App, seconds: float) -> Purchase:
    """A payment whose apply sleeps for so long the first time, and then not."""
    bought = await app.buy()
    await to_thread(app.effects.order, bought.intent, Fault(sleep=seconds))
    await app.deliver(bought.intent, SUCCESS)
    await until(lambda: app.effects.calls(bought.intent) == 1, within=60)
    await to_thread(app.effects.lift, bought.intent)
    return bought


async def _judge(stage: Stage, app: App, bought: Purchase, least: float, within: float) -> None:
    await until(lambda: app.effects.calls(bought.intent) > 1, within)
    shown = await app.closed(bought.intent, SUCCESS)
    seen = (shown.status, shown.order["status"], app.effects.calls(bought.intent))
    stage.equal("then", "status, order, calls of apply", seen, (SUCCESS, "paid", 2))
    left = await to_thread(app.effects.left, [bought.intent])
    stage.equal("then", "took effect", [r["status"] for r in left[bought.intent]], [SUCCESS])
    taken, most = _taken(shown, SUCCESS), least + SLACK
    stage.true("then", "seconds taken", least - 1 < taken < most, taken, f"{least} to {most}")


@rule(
    "An apply is cut off after thirty seconds, and tried again.",
    Need.EFFECTS,
    place=Place.OWN,
    long=True,
)
async def cut_off(stage: Stage) -> None:
    """One that would sleep for 45 s."""
    async with stage.open() as app:
        bought = await _in_an_apply(app, APPLY + 15)
        await _judge(stage, app, bought, APPLY, within=2 * SLACK)


@rule(
    "The work of a process that was killed is taken up when its lease ends.",
    Need.EFFECTS,
    place=Place.OWN,
    long=True,
    depth=Depth.THOROUGH,
)
async def lease(stage: Stage) -> None:
    """Killed in the middle of an apply, and started again."""
    async with stage.open() as app:
        bought = await _in_an_apply(app, 25)
        await to_thread(app.webs[0].process.kill)
        await app.restart_web()
        await _judge(stage, app, bought, LEASE, within=LEASE + 2 * SLACK)


@rule(
    "A claim that is never confirmed is rejected after three minutes; its key is not consumed.",
    Need.EFFECTS,
    depth=Depth.THOROUGH,
)
async def never_confirmed(stage: Stage) -> None:
    """Each status, while KryptoGO goes on saying pending; then it is true."""
    app = stage.app
    bought = dict(zip(CLAIMS, await app.buy_many(len(CLAIMS)), strict=True))
    for status, one in bought.items():
        await app.claim(one.intent, status)
    await asyncio.sleep(LAG - 5)
    closed = {one.intent: is_closed(status) for status, one in bought.items()}
    found = await app.settled(closed, within=3 * SLACK)
    left = await to_thread(app.effects.left, found)
    for status, one in bought.items():
        shown = found[one.intent]
        seen = (shown.state(status), "rejected" in shown.outcomes, shown.order["status"])
        stage.equal(status, "state, in the history, order", seen, ("rejected", True, "new"))
        stage.equal(status, "took effect", left[one.intent], [])
        taken = _taken(shown, status)
        right = LAG - 5 < taken < LAG + SLACK
        stage.true(status, "seconds taken", right, taken, f"about {LAG}")
        await app.deliver(one.intent, status)
    found = await app.settled({one.intent: has_status(s) for s, one in bought.items()})
    for status, one in bought.items():
        shown = found[one.intent]
        stage.equal(f"{status}, then true", "applied", shown.applied, [status])
