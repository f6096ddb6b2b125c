"""Traps measured beforehand, each sprung on purpose; mutations take the remedies away."""

from __future__ import annotations

import asyncio
from asyncio import to_thread
from typing import TYPE_CHECKING

from kgscaffold.verify.app import ROUTE
from kgscaffold.verify.extras import Fault
from kgscaffold.verify.model import Need, Place
from kgscaffold.verify.rule import rule
from kgscaffold.verify.running import during, until
from kgscaffold.verify.shown import has_status, is_closed
from kgscaffold.verify.statuses import PENDING, STATUSES, SUCCESS

if TYPE_CHECKING:
    from kgscaffold.verify.app import App
    from kgscaffold.verify.http import Answer
    from kgscaffold.verify.stage import Stage

WRITERS = 16
SPELLINGS = {
    "plain": "{route}?token={token}",
    "second": "{route}?a=1&token={token}&b=2",
    "percent": "{route}?%74oken={token}",
    "percent, upper case": "{route}?t%6Fken%3D{token}",
    "percent, doubled": "{route}?%2574%256Fken%253D{token}",
    "capital": "{route}?Token={token}",
    "percent, capital": "{route}?%54oken={token}",
    "semicolon": "{route};token={token}",
    "semicolon, percent": "{route}%3Btoken%3D{token}",
    "semicolon in the query": "{route}?a=1;token={token}",
    "misspelt path": "/api/payment/calback?token={token}",
    "another path": "/healthz?x=1&%74oken={token}",
    "no query": "{route}/token={token}",
}
"""Ways in which the token may reach the log: KryptoGO's console takes any URL that one types."""


@rule("The token is in no log, however it is written.")
async def token(stage: Stage) -> None:
    """Each spelling of a token of its own."""
    app = stage.app
    for number, target in enumerate(SPELLINGS.values()):
        await app.send(target.format(route=ROUTE, token=f"s3cret{number}%2641{number}z"), b"{}")
    await until(lambda: f"{ROUTE}/token=" in app.log_text(), 5)
    log = app.log_text()
    for number, name in enumerate(SPELLINGS):
        shown = [part for part in (f"s3cret{number}%", f"41{number}z") if part in log]
        stage.equal(name, "parts of the token in the log", shown, [])
    masked = "a=1&token=***&b=2" in log or not app.logged("token=")
    stage.true("second", "what is beside it stays", masked, app.logged("token="))


@rule(
    "A reader that takes its time holds up nothing; a writer of seconds is waited for.",
    Need.OUTAGE,
    place=Place.OWN,
)
async def patience(stage: Stage) -> None:
    """A backup's transaction; then sixteen deliveries while a user's own one holds the lock."""
    async with stage.open() as app:
        first, *others = await app.buy_many(WRITERS + 1)
        await app.truth(first.intent, SUCCESS)
        async with during(app.outage.reading("kryptogo_callbacks")):
            answer = await app.claim(first.intent, SUCCESS)
            stage.equal("a reader", "the answer", answer.status, 200)
            stage.true("a reader", "seconds", answer.seconds < 4, answer.seconds, "under 4")
            found = await app.settled({first.intent: has_status(SUCCESS)})
        stage.equal("a reader", "the order", found[first.intent].order["status"], "paid")
        async with during(app.outage.locked(10)):
            flood = [asyncio.create_task(app.claim(one.intent, PENDING)) for one in others]
            await asyncio.sleep(2)
            early = [task for task in flood if task.done()]
        answers = await asyncio.gather(*flood)
        stage.equal("a writer", "answers before it has ended", len(early), 0)
        stage.equal("a writer", "answers", [one.status for one in answers], [200] * WRITERS)


@rule(
    "The first delivery about a payment under lock does not wait for it.",
    Need.EFFECTS,
    place=Place.OWN,
)
async def under_lock(stage: Stage) -> None:
    """Each status while an apply sleeps; with one writer it is received or put off."""
    async with stage.open() as app:
        bought = await app.buy()
        await to_thread(app.effects.order, bought.intent, Fault(sleep=4))
        await app.deliver(bought.intent, SUCCESS)
        await until(lambda: app.effects.calls(bought.intent) == 1, every=0.01)
        claims = (app.claim(bought.intent, status) for status in (*STATUSES, "refunded"))
        for answer in await asyncio.gather(*claims):
            _judge_under_lock(stage, answer)
        shown = await app.closed(bought.intent, SUCCESS)
        stage.equal("then", "applied", shown.applied, [SUCCESS])


def _judge_under_lock(stage: Stage, answer: Answer) -> None:
    if stage.cell.one_writer:
        put_off = answer.status == 503 and "retry-after" in answer.headers
        fine = answer.status == 200 or put_off
        stage.true("under lock", "the answer", fine, answer, "200, or 503 with Retry-After")
        return
    stage.equal("under lock", "the answer", answer.status, 200)
    stage.true("under lock", "seconds", answer.seconds < 1.5, answer.seconds, "no wait for 4 s")


@rule(
    "Handlers that need a second connection do not starve one another.",
    Need.EFFECTS,
    place=Place.OWN,
)
async def second_connection(stage: Stage) -> None:
    """All connections held by workers that wait for the one whose handler waits for another."""
    async with stage.open() as app:
        bought = await app.buy_many(WRITERS)
        await to_thread(app.effects.order, "any", Fault(looks_up=True, sleep=0.05))
        await asyncio.gather(*(app.truth(one.intent, SUCCESS) for one in bought))
        await asyncio.gather(*(_deliver_until_accepted(app, one.intent) for one in bought))
        found = await app.settled({one.intent: is_closed(SUCCESS) for one in bought})
        left = await to_thread(app.effects.left, found)
        for one in bought:
            shown = found[one.intent]
            seen = (shown.state(SUCCESS), shown.order["status"])
            stage.equal(one.intent, "state, order", seen, ("done", "paid"))
            effects = [row["status"] for row in left[one.intent]]
            stage.equal(one.intent, "took effect", effects, [SUCCESS])


async def _deliver_until_accepted(app: App, intent: str) -> None:
    for _ in range(300):
        if (await app.claim(intent, SUCCESS)).status == 200:
            return
        await asyncio.sleep(0.2)
