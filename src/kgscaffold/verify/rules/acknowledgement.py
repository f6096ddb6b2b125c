"""An acknowledgement makes no network call and waits for no payment's lock."""

from __future__ import annotations

import asyncio
import time
from asyncio import to_thread
from itertools import product
from typing import TYPE_CHECKING

from kgscaffold.verify.extras import Fault
from kgscaffold.verify.load import Load, percentile
from kgscaffold.verify.model import Need, Place
from kgscaffold.verify.rule import rule
from kgscaffold.verify.running import until
from kgscaffold.verify.shown import has_status, is_closed
from kgscaffold.verify.statuses import STATUSES, SUCCESS

if TYPE_CHECKING:
    from kgscaffold.verify.app import App
    from kgscaffold.verify.stage import Stage

LIMIT = 0.2
"""Seconds, the contract's own; a busy machine adds to them what it adds to all deliveries."""
SENDERS, PAUSE = 4, 0.02


async def _send(app: App, intents: list[str]) -> Load:
    load = Load(app, list(product(intents, STATUSES)), SENDERS, PAUSE)
    await load.send()
    return load


async def _usual(app: App) -> float:
    """Seconds, p99, that deliveries take at this moment while nothing is in their way."""
    bought = await app.buy_many(8)
    return percentile((await _send(app, [one.intent for one in bought])).seconds, 0.99)


@rule("No call of the API precedes the acknowledgement.", place=Place.OWN)
async def no_call(stage: Stage) -> None:
    """Fifty deliveries to an app without a worker."""
    async with stage.open(KRYPTOGO_WORKER="off") as app:
        bought = await app.buy_many(10)
        before = len(await to_thread(app.simulator.requests))
        load = await _send(app, [one.intent for one in bought])
        stage.equal("deliveries", "answers", dict(load.statuses), {200: 50})
        await asyncio.sleep(1)
        calls = await to_thread(app.simulator.requests, before)
        stage.equal("deliveries", "calls", calls, [])


@rule(
    "Acknowledgements stay fast while the API hangs, and all is settled after.", place=Place.QUIET
)
async def api_hangs(stage: Stage) -> None:
    """Two hundred deliveries."""
    async with stage.open() as app:
        bought = await app.buy_many(40)
        limit = LIMIT + await _usual(app)
        await to_thread(app.simulator.set_provider, mode="hang")
        load = await _send(app, [one.intent for one in bought])
        p99 = percentile(load.seconds, 0.99)
        stage.figure("API hangs, p99 ms", p99 * 1000)
        stage.equal("the API hangs", "answers", dict(load.statuses), {200: 200})
        stage.true("the API hangs", "p99", p99 < limit, p99, f"under {limit} s")
        await to_thread(app.simulator.set_provider, mode="up")
        await asyncio.gather(*(app.truth(one.intent, SUCCESS) for one in bought))
        found = await app.settled({one.intent: has_status(SUCCESS) for one in bought})
        for one in bought:
            stage.equal("then", "the payment", found[one.intent].status, SUCCESS)


@rule(
    "Acknowledgements stay fast while a handler sleeps in its transaction.",
    Need.EFFECTS,
    place=Place.QUIET,
)
async def handler_sleeps(stage: Stage) -> None:
    """About the payment under lock and about another; one writer may put them off with 503."""
    async with stage.open() as app:
        slow, other = await app.buy_many(2)
        limit = LIMIT + await _usual(app)
        await to_thread(app.effects.order, slow.intent, Fault(sleep=3))
        await app.deliver(slow.intent, SUCCESS)
        await until(lambda: app.effects.calls(slow.intent) == 1, every=0.01)
        began = time.monotonic()
        seconds: list[float] = []
        statuses: set[int] = set()
        while time.monotonic() - began < 2:
            load = await _send(app, [slow.intent, other.intent])
            seconds += load.seconds
            statuses |= set(load.statuses)
            stage.equal("answers 503", "without Retry-After", load.without_retry_after, 0)
        p99 = percentile(seconds, 0.99)
        stage.figure("handler sleeps, p99 ms", p99 * 1000)
        allowed = {200, 503} if stage.cell.one_writer else {200}
        stage.true("a handler sleeps", "answers", statuses <= allowed, statuses, allowed)
        fast = stage.cell.one_writer or p99 < limit
        stage.true("a handler sleeps", "p99", fast, p99, f"under {limit} s")
        found = await app.settled({slow.intent: is_closed(SUCCESS)})
        stage.equal("then", "applied", found[slow.intent].applied, [SUCCESS])
