"""An acknowledgement makes no network call and waits for no payment's lock."""

from __future__ import annotations

import asyncio
import time
from asyncio import to_thread
from itertools import product
from statistics import median
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
ALL_WELL = [{200: 20}] * 10


async def _send(app: App, intents: list[str]) -> Load:
    load = Load(app, list(product(intents, STATUSES)), SENDERS, PAUSE)
    await load.send()
    return load


async def _usual(app: App, intents: list[str]) -> float:
    """Seconds, p99, that deliveries take at this moment while nothing is in their way."""
    return percentile((await _send(app, intents)).seconds, 0.99)


def _usual_longest(loads: list[Load]) -> float:
    """Seconds that the longest answer of a load takes: of most loads, not of a busy moment's."""
    return median(max(load.seconds) for load in loads)


@rule("No call of the API precedes the acknowledgement.", place=Place.OWN)
async def no_call(stage: Stage) -> None:
    """Fifty deliveries to an app without a worker."""
    async with stage.open(KRYPTOGO_WORKER="off") as app:
        bought = await app.buy_many(10)
        await asyncio.gather(*(app.truth(one.intent, SUCCESS) for one in bought))
        before = len(await to_thread(app.simulator.requests))
        load = await _send(app, [one.intent for one in bought])
        stage.equal("deliveries", "answers", dict(load.statuses), {200: 50})
        await asyncio.sleep(1)
        calls = await to_thread(app.simulator.requests, before)
        stage.equal("deliveries", "calls", calls, [])


@rule(
    "Acknowledgements stay fast while the API hangs, and all is settled after.",
    place=Place.OWN,
    long=True,
)
async def api_hangs(stage: Stage) -> None:
    """Two hundred deliveries, in loads of twenty."""
    async with stage.open() as app:
        usual, bought = await app.buy_many(8), await app.buy_many(40)
        others = [one.intent for one in usual]
        before = await _usual(app, others)
        await to_thread(app.simulator.set_provider, mode="hang")
        groups = [[one.intent for one in bought[first : first + 4]] for first in range(0, 40, 4)]
        loads = [await _send(app, group) for group in groups]
        await to_thread(app.simulator.set_provider, mode="up")
        limit = LIMIT + max(before, await _usual(app, others))
        seconds = [taken for load in loads for taken in load.seconds]
        stage.figure("API hangs, p99 ms", percentile(seconds, 0.99) * 1000)
        stage.equal("the API hangs", "answers", [dict(load.statuses) for load in loads], ALL_WELL)
        longest = _usual_longest(loads)
        stage.true("the API hangs", "longest", longest < limit, longest, f"under {limit} s")
        await asyncio.gather(*(app.truth(one.intent, SUCCESS) for one in bought))
        found = await app.settled({one.intent: has_status(SUCCESS) for one in bought})
        for one in bought:
            stage.equal("then", "the payment", found[one.intent].status, SUCCESS)


@rule(
    "Acknowledgements stay fast while a handler sleeps in its transaction.",
    Need.EFFECTS,
    place=Place.OWN,
)
async def handler_sleeps(stage: Stage) -> None:
    """About the payment under lock and about another; one writer may put them off with 503."""
    async with stage.open() as app:
        slow, other, *usual = await app.buy_many(10)
        others = [one.intent for one in usual]
        before = await _usual(app, others)
        await to_thread(app.effects.order, slow.intent, Fault(sleep=3))
        await app.deliver(slow.intent, SUCCESS)
        await until(lambda: app.effects.calls(slow.intent) == 1, every=0.01)
        began = time.monotonic()
        loads: list[Load] = []
        while time.monotonic() - began < 2:
            loads.append(await _send(app, [slow.intent, other.intent]))
        limit = LIMIT + max(before, await _usual(app, others))
        seconds = [taken for load in loads for taken in load.seconds]
        stage.figure("handler sleeps, p99 ms", percentile(seconds, 0.99) * 1000)
        without = sum(load.without_retry_after for load in loads)
        stage.equal("answers 503", "without Retry-After", without, 0)
        statuses = {status for load in loads for status in load.statuses}
        allowed = {200, 503} if stage.cell.one_writer else {200}
        stage.true("a handler sleeps", "answers", statuses <= allowed, statuses, allowed)
        longest = _usual_longest(loads)
        fast = stage.cell.one_writer or longest < limit
        stage.true("a handler sleeps", "longest", fast, longest, f"under {limit} s")
        found = await app.settled({slow.intent: is_closed(SUCCESS)})
        stage.equal("then", "applied", found[slow.intent].applied, [SUCCESS])
