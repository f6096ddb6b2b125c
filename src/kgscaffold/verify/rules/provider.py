"""KryptoGO's API down, slow, lagging, or answering nonsense: an outage is never a rejection."""

from __future__ import annotations

import asyncio
import math
from asyncio import to_thread
from typing import TYPE_CHECKING, Any

from kgscaffold.verify.app import Purchase
from kgscaffold.verify.model import Need, Place
from kgscaffold.verify.rule import rule
from kgscaffold.verify.shown import as_time, has_failed, has_status, is_closed
from kgscaffold.verify.statuses import PENDING, SUCCESS

if TYPE_CHECKING:
    from kgscaffold.verify.app import App
    from kgscaffold.verify.shown import Shown, Test
    from kgscaffold.verify.stage import Stage

BOMB_MEGABYTES = 100
_SOON = 2
"""Attempts after which the next one is due in seconds; what a slow machine tried more often waits
for minutes, or for a delivery."""
LONGEST_WAIT = 6 * 3600 + 60
OUTAGES: dict[str, dict[str, Any]] = {
    "down": {"mode": "down"},
    "error 500": {"mode": "error", "error_status": 500},
    "error 429": {"mode": "error", "error_status": 429},
    "hang": {"mode": "hang"},
    "slower than five seconds": {"mode": "slow", "latency": 8},
    "no JSON": {"mode": "malformed"},
    "redirect": {"mode": "redirect"},
    "endless answer": {"mode": "huge"},
    "answer that unpacks to 256 MiB": {"mode": "bomb"},
}
FORGOTTEN = (None, 200, 404, 500)
"""HTTP statuses with which KryptoGO may say that it does not know an intent; None: its own."""


async def _break(app: App, intent: str, **settings: Any) -> None:
    await to_thread(app.simulator.set_provider_of, intent, **settings)


@rule("An outage of KryptoGO is waited out, in whatever form it comes.", Need.EFFECTS)
async def outages(stage: Stage) -> None:
    """Each kind for one intent; then KryptoGO is back."""
    app = stage.app
    bought = dict(zip(OUTAGES, await app.buy_many(len(OUTAGES)), strict=True))
    before = len(await to_thread(app.simulator.requests))
    for name, one in bought.items():
        await app.truth(one.intent, SUCCESS)
        await _break(app, one.intent, **OUTAGES[name])
        answer = await app.claim(one.intent, SUCCESS)
        stage.equal(name, "the answer", (answer.status, answer.json), (200, {"received": True}))
    found = await app.settled({one.intent: has_failed(SUCCESS) for one in bought.values()})
    for name, one in bought.items():
        row = found[one.intent].callback(SUCCESS)
        stage.true(name, "tells an error", row["last_error"], row)
        stage.equal(name, "state", row["state"], "pending")
        stage.equal(name, "the payment", found[one.intent].status, PENDING)
        if name == "endless answer":
            bounded = "bytes" in (row["last_error"] or "")
            stage.true(name, "is read up to a bound", bounded, row["last_error"], "its size")
        await _break(app, one.intent, mode="up")
        if row["attempts"] > _SOON:
            await app.claim(one.intent, SUCCESS)
    led = f"/redirected/v1/studio/api/payment/intent/{bought['redirect'].intent}"
    asked = [one["path"] for one in await to_thread(app.simulator.requests, before)]
    followed = [path for path in asked if path.endswith(led)]
    stage.equal("redirect", "requests where it leads", followed, [])
    found = await app.settled({one.intent: is_closed(SUCCESS) for one in bought.values()})
    left = await to_thread(app.effects.left, [one.intent for one in bought.values()])
    for name, one in bought.items():
        effects = [row["status"] for row in left[one.intent]]
        stage.equal(name, "the payment, then", found[one.intent].status, SUCCESS)
        stage.equal(name, "the order, then", found[one.intent].order["status"], "paid")
        stage.equal(name, "took effect", effects, [SUCCESS])


@rule("The answer is waited for five seconds at most, and no compression is asked for.")
async def patience(stage: Stage) -> None:
    """An API that hangs for three intents, and what the requests say."""
    app = stage.app
    usual, *hanging = await app.buy_many(4)
    for one in hanging:
        await _break(app, one.intent, mode="hang")
    await asyncio.gather(*(app.deliver(one.intent, SUCCESS) for one in (usual, *hanging)))
    looked: dict[str, Test] = {one.intent: _tried_again for one in hanging}
    found = await app.settled({**looked, usual.intent: is_closed(SUCCESS)})
    requests = await to_thread(app.simulator.requests)
    shortest = min(_first_wait(requests, one.intent) for one in hanging)
    stage.true("an API that hangs", "seconds to the next try", shortest < 20, shortest, "5 and 2")
    # Not since the first request: a busy simulator notes it seconds late.
    soonest = min(_second_try(requests, one.intent, found[one.intent]) for one in hanging)
    stage.true("an API that hangs", "no try before", soonest > 6.9, soonest, "5 and 2 seconds")
    codings = {one["accept_encoding"] for one in requests if usual.intent in one["path"]}
    stage.equal("a request", "accept-encoding", codings, {"identity"})
    for one in hanging:
        await _break(app, one.intent, mode="up")


def _tried_again(shown: Shown) -> bool:
    return int(shown.callback(SUCCESS)["attempts"]) >= 2


def _first_wait(requests: list[dict[str, Any]], intent: str) -> float:
    """Seconds between the first two requests about the intent; endless where there is one."""
    times = _asked_at(requests, intent)
    return times[1] - times[0] if len(times) > 1 else math.inf


def _second_try(requests: list[dict[str, Any]], intent: str, shown: Shown) -> float:
    """Seconds from the callback to the second request about its intent; endless without one."""
    times = _asked_at(requests, intent)
    received = as_time(shown.callback(SUCCESS)["first_received_at"])
    return times[1] - received.timestamp() if len(times) > 1 else math.inf


def _asked_at(requests: list[dict[str, Any]], intent: str) -> list[float]:
    return [float(one["at"]) for one in requests if intent in one["path"]]


@rule("A slow API is slow and nothing else; a lagging one is asked until it knows.")
async def slow(stage: Stage) -> None:
    """Five payments with an API of two seconds, and one with an answer four seconds behind."""
    app = stage.app
    *slowed, lagging = await app.buy_many(6)
    for one in slowed:
        await _break(app, one.intent, mode="slow", latency=2)
    await _break(app, lagging.intent, lag=4)
    for one in (*slowed, lagging):
        await app.deliver(one.intent, SUCCESS)
    found = await app.settled({one.intent: is_closed(SUCCESS) for one in (*slowed, lagging)})
    for one in (*slowed, lagging):
        case = "lagging" if one is lagging else "slow"
        stage.equal(case, "applied", found[one.intent].applied, [SUCCESS])
        stage.equal(case, "the order", found[one.intent].order["status"], "paid")


@rule(
    "An outage of half a day ends in dead and never in rejected; a delivery opens it.", Need.CLOCK
)
async def half_a_day(stage: Stage) -> None:
    """Every wait of the schedule, passed at once."""
    app = stage.app
    bought = await app.buy()
    await _break(app, bought.intent, mode="down")
    await app.deliver(bought.intent, SUCCESS)
    await to_thread(app.clock.pass_waits, bought.intent, SUCCESS, LONGEST_WAIT)
    shown = (await app.show(bought.intent))[bought.intent]
    stage.equal("half a day", "state", shown.state(SUCCESS), "dead")
    stage.true("half a day", "dead in the history", "dead" in shown.outcomes, shown.outcomes)
    lines = app.logs.lines(bought.intent)
    stage.true("half a day", "an error in the log", any("ERROR" in one for one in lines), lines)
    told = app.simulator.url
    stage.true("half a day", "the URL in the log", any(told in one for one in lines), lines, told)
    await _break(app, bought.intent, mode="up")
    answer = await app.claim(bought.intent, SUCCESS)
    stage.equal("a delivery", "the answer", answer.status, 200)
    found = await app.settled({bought.intent: has_status(SUCCESS)})
    stage.equal("a delivery", "applied", found[bought.intent].applied, [SUCCESS])


@rule(
    "An intent that KryptoGO does not know is rejected at once, and may be known later.", Need.CLOCK
)
async def forgotten(stage: Stage) -> None:
    """Said with each HTTP status, about intents that were registered by hand."""
    app = stage.app
    bought = {said: Purchase(await app.order(), f"forgotten-{said}") for said in FORGOTTEN}
    for said, one in bought.items():
        await _break(app, one.intent, refusal_status=said)
        named = ("--intent", one.intent, "--order", one.order)
        amount = ("--amount", "300.0", "--currency", "TWD")
        ran = await to_thread(app.ops, "register", *named, *amount)
        stage.equal(f"HTTP {said}", "register", ran.code, 0)
        await app.claim(one.intent, SUCCESS)
    found = await app.settled({one.intent: is_closed(SUCCESS) for one in bought.values()})
    for said, one in bought.items():
        case = f"HTTP {said}"
        stage.equal(case, "state", found[one.intent].state(SUCCESS), "rejected")
        stage.equal(case, "attempts", found[one.intent].callback(SUCCESS)["attempts"], 1)
        stage.equal(case, "the payment", found[one.intent].status, PENDING)
        await to_thread(app.clock.age_lease, one.intent, SUCCESS)
        await to_thread(_make_known, app, one)
        await app.claim(one.intent, SUCCESS)
    found = await app.settled({one.intent: has_status(SUCCESS) for one in bought.values()})
    for said, one in bought.items():
        stage.equal(f"HTTP {said}, then known", "the payment", found[one.intent].status, SUCCESS)
        stage.equal(f"HTTP {said}, then known", "order", found[one.intent].order["status"], "paid")


def _make_known(app: App, bought: Purchase) -> None:
    app.simulator.create_intent(
        order_data={"order_id": bought.order}, payment_intent_id=bought.intent, status=SUCCESS
    )


@rule(
    "An answer that unpacks to 256 MiB is refused, and takes no memory.",
    place=Place.OWN,
)
async def bombs(stage: Stage) -> None:
    """Compressed once and twice."""
    async with stage.open() as app:
        bought = await app.buy_many(2)
        before = most = app.webs[0].process.resident_megabytes()
        refusing = asyncio.Event()

        async def watch() -> None:
            nonlocal most
            while not refusing.is_set():
                most = max(most, await to_thread(app.webs[0].process.resident_megabytes))
                await asyncio.sleep(0.01)

        watching = asyncio.create_task(watch())
        for layers, one in enumerate(bought, start=1):
            await _break(app, one.intent, mode="bomb", layers=layers)
            await app.deliver(one.intent, SUCCESS)
        told = {
            one.intent: lambda s: "gzip" in (s.callback(SUCCESS)["last_error"] or "")
            for one in bought
        }
        found = await app.settled(told)
        refusing.set()
        await watching
        for layers, one in enumerate(bought, start=1):
            row = found[one.intent].callback(SUCCESS)
            case = f"{layers} layers"
            stage.true(case, "is refused", _tells_of_gzip(found[one.intent]), row["last_error"])
            stage.equal(case, "state", row["state"], "pending")
        grown = most - before
        stage.true("the bombs", "take no memory", grown < BOMB_MEGABYTES, grown, "under 100 MB")


def _tells_of_gzip(shown: Shown) -> bool:
    return "gzip" in (shown.callback(SUCCESS)["last_error"] or "")


@rule("Credentials that KryptoGO refuses are an outage, and are not in the log.", place=Place.OWN)
async def credentials(stage: Stage) -> None:
    """A revoked key, refused with 401 and with 200, in the one process that has a worker."""
    async with stage.open(KRYPTOGO_WORKER="off") as app:
        own, fine = await app.buy_many(2)
        await app.start_web(KRYPTOGO_WORKER="on", KRYPTOGO_STUDIO_API_KEY="revoked-key")
        await _break(app, fine.intent, refusal_status=200)
        for one in (own, fine):
            await app.deliver(one.intent, SUCCESS)
        found = await app.settled({one.intent: has_failed(SUCCESS) for one in (own, fine)})
        for case, one in (("its own status", own), ("HTTP 200", fine)):
            row = found[one.intent].callback(SUCCESS)
            seen = (row["state"], bool(row["last_error"]))
            stage.equal(case, "state, an error", seen, ("pending", True))
        stage.equal("the key", "in the log", app.logs.lines("revoked-key"), [])
