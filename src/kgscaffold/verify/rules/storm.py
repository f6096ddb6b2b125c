"""Load: duplicates of everything, processes killed, a database that goes away."""

from __future__ import annotations

import asyncio
import time
from asyncio import to_thread
from itertools import cycle
from typing import TYPE_CHECKING

from kgscaffold.simulator.entropy import Entropy
from kgscaffold.verify.extras import Fault
from kgscaffold.verify.journeys import begin, judge, judge_log, shuffled, travel
from kgscaffold.verify.load import Load, percentile
from kgscaffold.verify.model import Need, Place
from kgscaffold.verify.rule import rule

if TYPE_CHECKING:
    from kgscaffold.verify.app import App
    from kgscaffold.verify.stage import Stage

SENDERS, PROCESSES, COPIES, SEED = 16, 2, 8, 20260
_SETTLES_WITHIN = 120


@rule(
    "A storm of duplicates, shuffled, to two processes is acknowledged, and takes effect once.",
    Need.EFFECTS,
    place=Place.QUIET,
)
async def duplicates(stage: Stage) -> None:
    """Eight copies of every status of every payment, while KryptoGO's statuses progress."""
    async with stage.open() as app:
        await app.start_web()
        load = await storm(stage, app, 200 if stage.thorough else 50)
        stage.equal("the storm", "answers", set(load.statuses), {200})
        judge_log(stage, app)


async def storm(stage: Stage, app: App, intents: int) -> Load:
    """Send a storm to the app's processes, judge what came of it, and give what was answered."""
    journeys = await begin(app, intents)
    deliveries = shuffled(journeys, COPIES, SEED)
    load = Load(app, deliveries, SENDERS)
    began = time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(travel(app, journeys, SEED))
        await load.send()
        stage.figure("deliveries", len(deliveries))
        stage.figure("sent in s", time.monotonic() - began)
    found = await judge(stage, app, journeys, _SETTLES_WITHIN)
    stage.figure("settled in s", time.monotonic() - began)
    for name, share in (("p50 ms", 0.5), ("p99 ms", 0.99), ("max ms", 1.0)):
        stage.figure(name, percentile(load.seconds, share) * 1000)
    wrong = sum(number for status, number in load.statuses.items() if status >= 500)
    stage.figure("5xx", wrong)
    stage.equal("the storm", "accepted", load.statuses[200], len(deliveries))
    stage.equal("the storm", "requests without an answer", load.broken, 0)
    rows = [row for shown in found.values() for row in shown.callbacks.values()]
    counted = sum(row["deliveries"] for row in rows)
    stage.equal("the storm", "deliveries counted", counted, load.statuses[200])
    return load


@rule(
    "A kill -9 at any moment loses nothing, and nothing takes effect twice.",
    Need.EFFECTS,
    Need.CLOCK,
    place=Place.OWN,
    long=True,
)
async def kills(stage: Stage) -> None:
    """Two processes, killed in turn at random moments of their work under load."""
    number = 30 if stage.thorough else 6
    async with stage.open() as app:
        await app.start_web()
        journeys = await begin(app, 120 if stage.thorough else 40)
        slow = Fault(sleep=0.01)
        await to_thread(app.effects.order, apply=slow, after_commit=slow)
        deliveries = shuffled(journeys, 1, SEED)
        load = Load(app, cycle(deliveries), senders=6, pause=0.02)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(load.send())
            moving = tasks.create_task(travel(app, journeys, SEED, pause=0.1))
            killing = [_kill(app, index, number // PROCESSES) for index in range(PROCESSES)]
            await asyncio.gather(*killing, moving)
            await load.enough(len(deliveries))
        await to_thread(app.effects.lift)
        await to_thread(app.clock.expire_leases)
        await judge(stage, app, journeys, _SETTLES_WITHIN)
        stage.figure("kills", number)
        stage.figure("deliveries", len(load.seconds))
        stage.true("the kills", "have broken connections", load.broken > 0)
        other = [status for status in load.statuses if status not in (200, 503)]
        stage.equal("the kills", "answers besides 200 and 503", other, [])


async def _kill(app: App, index: int, times: int) -> None:
    for turn in range(times):
        await asyncio.sleep(0.02 + 0.7 * Entropy(SEED).unit(index, turn))
        await to_thread(app.webs[index].process.kill)
        await app.restart_web(index)
