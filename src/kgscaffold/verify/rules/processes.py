"""The worker inside or outside the web process, and how processes end."""

from __future__ import annotations

import asyncio
import signal
from asyncio import to_thread
from typing import TYPE_CHECKING

from kgscaffold.verify.extras import Fault
from kgscaffold.verify.model import Need, Place
from kgscaffold.verify.rule import rule
from kgscaffold.verify.running import until
from kgscaffold.verify.shown import is_closed
from kgscaffold.verify.statuses import EXPIRED, PENDING, SUCCESS

if TYPE_CHECKING:
    from kgscaffold.verify.app import App, Purchase
    from kgscaffold.verify.process import AppProcess
    from kgscaffold.verify.stage import Stage

ENDED_WELL = (0, -signal.SIGTERM, 128 + signal.SIGTERM)


@rule(
    "What web processes store, workers of their own settle, each callback once; or `work --once`.",
    Need.EFFECTS,
    place=Place.OWN,
    long=True,
)
async def workers(stage: Stage) -> None:
    """A web process without a worker; `work --once`; then two workers."""
    async with stage.open(KRYPTOGO_WORKER="off") as app:
        first, then = await app.buy_many(12), await app.buy_many(40)
        await asyncio.gather(*(app.deliver(one.intent, EXPIRED) for one in first))
        await asyncio.sleep(1.5)
        found = await app.show(*(one.intent for one in first))
        for one in first:
            stage.equal("no worker", "state", found[one.intent].state(EXPIRED), "pending")
        left = await to_thread(app.effects.counted, found)
        stage.equal("no worker", "took effect", left, {})
        for turn in ("first", "second"):
            once = await to_thread(app.ops, "work", "--once")
            stage.equal(f"work --once, the {turn}", "exit code", once.code, 0)
        found = await app.show(*(one.intent for one in first))
        for one in first:
            shown = found[one.intent]
            seen = (shown.status, shown.state(EXPIRED))
            stage.equal("work --once", "status, state", seen, (EXPIRED, "done"))
        started = [app.start_worker() for _ in range(2)]
        await asyncio.gather(*(app.deliver(one.intent, SUCCESS) for one in then))
        found = await app.settled({one.intent: is_closed(SUCCESS) for one in then})
        for one in then:
            shown = found[one.intent]
            seen = (shown.state(SUCCESS), shown.order["status"])
            stage.equal("two workers", "state, order", seen, ("done", "paid"))
        expected = {(one.intent, EXPIRED): 1 for one in first}
        expected |= {(one.intent, SUCCESS): 1 for one in then}
        left = await to_thread(app.effects.counted, [one.intent for one in (*first, *then)])
        stage.equal("two workers", "effects", set(left.items()), set(expected.items()))
        codes = [await to_thread(worker.stop) for worker in started]
        stage.equal("two workers", "exit codes", codes, [0, 0])


@rule(
    "A process that is stopped finishes the apply it is in.",
    Need.EFFECTS,
    place=Place.OWN,
)
async def drained(stage: Stage) -> None:
    """The web process with the worker in it, then a worker of its own."""
    async with stage.open(KRYPTOGO_WORKER="off") as app:
        web = await app.start_web(KRYPTOGO_WORKER="on")
        bought = await _in_an_apply(app)
        await _ends_well(stage, "web", app, bought, web.process)
        worker = app.start_worker()
        bought = await _in_an_apply(app)
        await _ends_well(stage, "worker", app, bought, worker)


async def _in_an_apply(app: App) -> Purchase:
    bought = await app.buy()
    await to_thread(app.effects.order, bought.intent, Fault(sleep=2))
    await app.deliver(bought.intent, SUCCESS)
    await until(lambda: app.effects.calls(bought.intent) == 1, within=60)
    return bought


async def _ends_well(
    stage: Stage, case: str, app: App, bought: Purchase, process: AppProcess
) -> None:
    code = await to_thread(process.stop)
    stage.true(case, "exit code", code in ENDED_WELL, code, ENDED_WELL)
    shown = (await app.show(bought.intent))[bought.intent]
    seen = (shown.status, shown.state(SUCCESS))
    stage.equal(case, "status, state", seen, (SUCCESS, "done"))
    left = await to_thread(app.effects.left, [bought.intent])
    stage.equal(case, "took effect", [r["status"] for r in left[bought.intent]], [SUCCESS])
    stage.equal(case, "calls of apply", app.effects.calls(bought.intent), 1)
    announced = app.effects.announced(bought.intent)
    stage.equal(case, "announced", announced, [(bought.intent, SUCCESS)])
    stage.equal(case, "tracebacks", app.logs.lines("Traceback"), [])


@rule(
    "What was stored before a crash is settled after the restart.",
    Need.EFFECTS,
    Need.CLOCK,
    place=Place.OWN,
)
async def crash(stage: Stage) -> None:
    """Twenty deliveries, and then kill -9."""
    async with stage.open() as app:
        bought = await app.buy_many(20)
        await asyncio.gather(*(app.deliver(one.intent, SUCCESS) for one in bought))
        await to_thread(app.webs[0].process.kill)
        await to_thread(app.clock.expire_leases)
        await app.restart_web()
        found = await app.settled({one.intent: is_closed(SUCCESS) for one in bought})
        left = await to_thread(app.effects.counted, found)
        expected = {(one.intent, SUCCESS): 1 for one in bought}
        stage.equal("the crash", "effects", set(left.items()), set(expected.items()))
        missing = set(expected) - set(app.effects.announced(*found))
        stage.equal("the crash", "never announced", missing, set())


@rule(
    "A process whose lease ran out while it asked KryptoGO decides nothing.",
    Need.EFFECTS,
    Need.CLOCK,
    place=Place.OWN,
)
async def overtaken(stage: Stage) -> None:
    """Another process has done its work meanwhile."""
    async with stage.open() as app:
        bought = await app.buy()
        before = len(await to_thread(app.simulator.requests))
        await to_thread(app.simulator.set_provider_of, bought.intent, mode="slow", latency=3)
        await app.deliver(bought.intent, SUCCESS)
        asked = f"/{bought.intent}"
        await until(
            lambda: any(asked in one["path"] for one in app.simulator.requests(before)), every=0.05
        )
        await to_thread(app.simulator.set_provider_of, bought.intent, mode="up")
        await to_thread(app.clock.expire_leases)
        await app.start_web()
        await until(lambda: app.effects.announced(bought.intent), within=60)
        await asyncio.sleep(3)
        shown = await app.closed(bought.intent, SUCCESS)
        stage.equal("overtaken", "state", shown.state(SUCCESS), "done")
        stage.equal("overtaken", "outcomes", shown.outcomes, ["applied"])
        left = await to_thread(app.effects.left, [bought.intent])
        stage.equal(
            "overtaken", "took effect", [r["status"] for r in left[bought.intent]], [SUCCESS]
        )


@rule("A clock that was ahead delays nothing, and KryptoGO is not asked in a loop.", Need.ROWS)
async def clock_ahead(stage: Stage) -> None:
    """A payment that was verified an hour from now."""
    app = stage.app
    bought = await app.buy()
    await app.deliver(bought.intent, PENDING)
    await app.closed(bought.intent, PENDING)
    chosen = {"payment_intent_id": bought.intent}
    shift = app.rows.shift
    await to_thread(shift, "kryptogo_payments", 3600, "last_verified_at", **chosen)
    before = len(await to_thread(app.simulator.requests))
    await app.deliver(bought.intent, SUCCESS)
    shown = await app.closed(bought.intent, SUCCESS)
    stage.equal("ahead", "the payment", shown.status, SUCCESS)
    requests = await to_thread(app.simulator.requests, before)
    asked = [one for one in requests if bought.intent in one["path"]]
    stage.equal("ahead", "times KryptoGO was asked", len(asked), 1)
