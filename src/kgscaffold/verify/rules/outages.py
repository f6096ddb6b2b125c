"""The database away, frozen, locked or read-only for a while: put off, and nothing lost."""

from __future__ import annotations

import asyncio
import time
from asyncio import to_thread
from itertools import cycle
from typing import TYPE_CHECKING

from kgscaffold.verify.extras import Fault
from kgscaffold.verify.journeys import begin, judge, shuffled, travel
from kgscaffold.verify.load import Load, percentile
from kgscaffold.verify.model import Need, Place
from kgscaffold.verify.rule import rule
from kgscaffold.verify.running import during, until
from kgscaffold.verify.shown import is_closed
from kgscaffold.verify.statuses import PENDING, STATUSES, SUCCESS

if TYPE_CHECKING:
    from kgscaffold.verify.app import App, Purchase
    from kgscaffold.verify.http import Answer
    from kgscaffold.verify.stage import Stage

SEED = 11
CALLBACKS = "kryptogo_callbacks"
REFUSAL = "no writes here"
FROZEN = 45
"""Seconds: longer than any wait of the shop's own engine."""
LONGEST = {True: 25, False: 48}
"""Seconds an acknowledgement may wait: with one writer a turn (5), a connection (2) and the lock
(5); else a statement (35); and some for a busy machine. All waits together are minutes."""
LOCKED = 13
"""Seconds: longer than an acknowledgement waits."""


async def _let_in(app: App, bought: list[Purchase]) -> None:
    """Deliver success for each until it is accepted."""

    async def one_in(one: Purchase) -> None:
        for _ in range(200):
            if (await app.claim(one.intent, SUCCESS)).status == 200:
                return
            await asyncio.sleep(0.3)

    await asyncio.gather(*(one_in(one) for one in bought))


def _is_put_off(stage: Stage, case: str, answer: Answer) -> None:
    seen = (answer.status, int(answer.headers.get("retry-after", 0)) > 0)
    stage.equal(case, "the answer, when to come again", seen, (503, True))


@rule(
    "A delivery is put off while the database is away, which is told once, and settled after.",
    Need.OUTAGE,
    Need.EFFECTS,
    place=Place.OWN,
    long=True,
)
async def away(stage: Stage) -> None:
    """A database that goes away from a running app, and one that is not there at the start."""
    async with stage.open(own_server=True) as app:
        bought = await app.buy()
        await app.truth(bought.intent, SUCCESS)
        async with during(app.outage.away()):
            _is_put_off(stage, "away", await app.claim(bought.intent, SUCCESS))
            refused = await app.post(app.route("wrong"), {"payment_intent_id": "a"})
            stage.equal("away, a wrong token", "the answer", refused.status, 404)
            web = await app.start_web()
            told_within = 90 if stage.cell.one_writer else 40
            await until(lambda: "unavailable" in web.process.printed(), told_within)
            await asyncio.sleep(4)
            lines = [one for one in web.process.printed().splitlines() if "unavailable" in one]
            stage.equal("started while it is away", "lines that tell it", len(lines), 1)
        await _let_in(app, [bought])
        shown = await app.closed(bought.intent, SUCCESS)
        seen = (shown.status, shown.order["status"])
        stage.equal("back", "status, order", seen, (SUCCESS, "paid"))
        left = await to_thread(app.effects.left, [bought.intent])
        stage.equal("back", "took effect", [r["status"] for r in left[bought.intent]], [SUCCESS])
        is_told = await until(lambda: "database is back" in web.process.printed(), 60)
        stage.true("back", "is told", is_told, web.process.printed())
        tracebacks = [one for one in web.process.printed().splitlines() if "Traceback" in one]
        stage.equal("started while it is away", "tracebacks", tracebacks, [])


@rule(
    "A database that takes no writes is asked once a second, and a cron job ends with an error.",
    Need.OUTAGE,
    Need.EFFECTS,
    place=Place.OWN,
)
async def read_only(stage: Stage) -> None:
    """A full disk, or a standby."""
    async with stage.open(KRYPTOGO_WORKER="off") as app:
        bought = await app.buy()
        await app.deliver(bought.intent, SUCCESS)
        async with during(app.outage.refusing(CALLBACKS)):
            once = await to_thread(app.ops, "work", "--once", "--json")
            seen = (once.code, REFUSAL in once.out)
            stage.equal("work --once", "exit code, tells why", seen, (1, True))
            worker = app.start_worker()
            await until(lambda: REFUSAL in worker.printed())
            await asyncio.sleep(4)
            stage.equal("work", "times told", worker.printed().count(REFUSAL), 1)
        shown = await app.closed(bought.intent, SUCCESS)
        stage.equal("then", "applied", shown.applied, [SUCCESS])
        stage.equal("then", "exit code", await to_thread(worker.stop), 0)


@rule(
    "A database that comes and goes in the middle of the load loses nothing.",
    Need.OUTAGE,
    Need.EFFECTS,
    Need.CLOCK,
    place=Place.OWN,
    long=True,
)
async def under_load(stage: Stage) -> None:
    """Two processes; one outage, or three."""
    times = 3 if stage.thorough else 1
    async with stage.open(own_server=True) as app:
        await app.start_web()
        journeys = await begin(app, 60 if stage.thorough else 30)
        await to_thread(app.effects.order, "any", Fault(sleep=0.02))
        deliveries = shuffled(journeys, 1, SEED)
        load = Load(app, cycle(deliveries), senders=8, pause=0.03)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(load.send())
            moving = tasks.create_task(travel(app, journeys, SEED, pause=0.1))
            for _ in range(times):
                await asyncio.sleep(2)
                async with during(app.outage.away()):
                    await asyncio.sleep(12 if stage.cell.one_writer else 3)
            await moving
            await load.enough(len(deliveries))
        await to_thread(app.clock.expire_leases)
        await to_thread(app.effects.lift)
        await judge(stage, app, journeys, 120)
        stage.figure("outages", times)
        running = [web.process.running for web in app.webs]
        stage.equal("the load", "processes that run", running, [True, True])
        other = {status for status in load.statuses if status not in (200, 503)}
        stage.equal("the load", "answers besides 200 and 503", other, set())
        stage.true("the load", "was put off", load.statuses[503] > 0, dict(load.statuses))
        stage.equal("the load", "503 without Retry-After", load.without_retry_after, 0)
        stage.equal("the load", "requests without an answer", load.broken, 0)


@rule(
    "Writers that are shut out are told to come again, the app answers else, and all is let in.",
    Need.OUTAGE,
    Need.EFFECTS,
    place=Place.OWN,
    long=True,
)
async def locked(stage: Stage) -> None:
    """Fifty deliveries at once while another process holds the lock for longer than they wait."""
    async with stage.open() as app:
        bought = await app.buy_many(10)
        await asyncio.gather(*(app.truth(one.intent, SUCCESS) for one in bought))
        began = time.monotonic()
        async with during(app.outage.locked(LOCKED)):
            flood = [
                asyncio.create_task(app.claim(one.intent, status))
                for one in bought
                for status in STATUSES
            ]
            await asyncio.sleep(LOCKED)
            health = await app.send("/healthz", method="GET")
            stage.equal("during the lock", "health", health.status, 200)
            during_it = [task for task in flood if task.done()]
        answers = await asyncio.gather(*flood)
        stage.figure("locked out, max s", max(one.seconds for one in answers))
        took = time.monotonic() - began
        stage.true("the flood", "ends", took < 75, took, "under 75 s")
        if stage.cell.one_writer:
            stage.true("the flood", "some are put off during the lock", during_it)
        for answer in answers:
            if answer.status != 200:
                _is_put_off(stage, "the flood", answer)
        await _let_in(app, bought)
        await app.settled({one.intent: is_closed(SUCCESS) for one in bought})
        left = await to_thread(app.effects.left, [one.intent for one in bought])
        for one in bought:
            effects = [row["status"] for row in left[one.intent]]
            stage.equal("then", "took effect last, once", effects[-1:], [SUCCESS])
            stage.equal("then", "effects twice", len(effects), len(set(effects)))


@rule(
    "A database that freezes is waited for within bounds, and all goes on when it does.",
    Need.OUTAGE,
    Need.EFFECTS,
    Need.CLOCK,
    place=Place.OWN,
    long=True,
)
async def frozen(stage: Stage) -> None:
    """In the middle of an apply, with as many deliveries under way as there are connections."""
    seconds = FROZEN if stage.thorough else 20
    async with stage.open(own_server=True) as app:
        applying, *others = await app.buy_many(30)
        await asyncio.gather(*(app.claim(one.intent, PENDING) for one in others))
        await app.settled({one.intent: is_closed(PENDING) for one in others})
        await asyncio.gather(*(app.truth(one.intent, SUCCESS) for one in (applying, *others)))
        await to_thread(app.effects.order, applying.intent, Fault(sleep=3))
        await app.claim(applying.intent, SUCCESS)
        await until(lambda: app.effects.calls(applying.intent), every=0.02)
        async with during(app.outage.frozen()):
            began = time.monotonic()
            answers = await asyncio.gather(*(app.claim(one.intent, SUCCESS) for one in others))
            health = await app.send("/healthz", method="GET")
            stage.equal("frozen", "health", health.status, 200)
            for answer in answers:
                _is_put_off(stage, "frozen", answer)
            p99 = percentile([one.seconds for one in answers], 0.99)
            stage.figure("frozen, p99 s", p99)
            await asyncio.sleep(max(0, began + seconds - time.monotonic()))
        await _let_in(app, others)
        await to_thread(app.clock.expire_leases)
        found = await app.settled({one.intent: is_closed(SUCCESS) for one in (applying, *others)})
        left = await to_thread(app.effects.counted, found)
        for one in (applying, *others):
            stage.equal("thawed", "the payment", found[one.intent].status, SUCCESS)
            stage.equal("thawed", "took effect", left.get((one.intent, SUCCESS)), 1)
        stage.equal("thawed", "effects twice", {k for k, n in left.items() if n != 1}, set())


@rule(
    "An acknowledgement waits for another process's lock only so long.",
    Need.OUTAGE,
    place=Place.OWN,
    long=True,
)
async def bounded_wait(stage: Stage) -> None:
    """Forty deliveries shut out for good: none of them waits for the others' waits as well."""
    async with stage.open() as app:
        bought = await app.buy_many(8)
        async with during(app.outage.locked(60)):
            claims = [app.claim(one.intent, status) for one in bought for status in STATUSES]
            answers = await asyncio.gather(*claims)
        longest = max(one.seconds for one in answers)
        stage.figure("shut out, max s", longest)
        for answer in answers:
            _is_put_off(stage, "shut out", answer)
        bound = LONGEST[stage.cell.one_writer]
        stage.true("shut out", "longest wait", longest < bound, longest, f"under {bound} s")
        answer = await app.claim(bought[0].intent, SUCCESS)
        stage.equal("then", "the answer", answer.status, 200)
