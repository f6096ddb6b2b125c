"""`show`, `list` and what the logs tell: how a person sees a payment."""

from __future__ import annotations

import asyncio
import json
from asyncio import to_thread
from typing import TYPE_CHECKING

from kgscaffold.verify.extras import Fault
from kgscaffold.verify.model import Need, Place
from kgscaffold.verify.rule import rule
from kgscaffold.verify.running import until
from kgscaffold.verify.statuses import EXPIRED, NOT_REFUNDED, PENDING, REFUNDED, SUCCESS
from kgscaffold.verify.traces import traces

if TYPE_CHECKING:
    from kgscaffold.verify.app import App
    from kgscaffold.verify.process import Ran
    from kgscaffold.verify.stage import Stage

WIDTH, LINES = 80, 24
NOBODY = "nobody-registered-this"


@rule("`show --json` tells the payment, its callbacks, its history and its order.")
async def show(stage: Stage) -> None:
    """A payment that has succeeded, alone."""
    app = stage.app
    bought = await app.buy()
    await app.deliver(bought.intent, SUCCESS)
    await app.closed(bought.intent, SUCCESS)
    told = (await to_thread(app.ops, "show", bought.intent, "--json")).data
    expected = {"payment", "callbacks", "history", "order"}
    stage.true("the object", "names", set(told) >= expected, set(told), expected)
    payment = (told["payment"]["payment_intent_id"], told["payment"]["status"])
    stage.equal("the payment", "id, status", payment, (bought.intent, SUCCESS))
    callbacks = [(one["status"], one["state"]) for one in told["callbacks"]]
    stage.equal("the callbacks", "status, state", callbacks, [(SUCCESS, "done")])
    outcomes = [one["outcome"] for one in told["history"]]
    stage.equal("the history", "outcomes", outcomes, ["registered", "applied"])
    names = ("from_status", "applied_status", "source")
    last = [told["history"][1][name] for name in names]
    stage.equal("the history", "the last one", last, [PENDING, SUCCESS, "callback"])
    order = (str(told["order"]["id"]), told["order"]["status"])
    stage.equal("the order", "id, status", order, (bought.order, "paid"))
    text = (await to_thread(app.ops, "show", bought.intent)).out
    stage.true("the screen", "tells of the order", "paid" in text, text)


@rule("`show` takes many ids in their order, or an order's payments, oldest first.")
async def show_many(stage: Stage) -> None:
    """Three payments of two orders."""
    app = stage.app
    first, other = await app.buy_many(2)
    second = await app.checkout(first.order, first.intent)
    questions = [
        (other.intent, first.intent),
        (other.intent,),
        (first.intent,),
        ("--order", first.order),
        ("--order", other.order),
    ]
    ran = await _all(app, [("show", *question, "--json") for question in questions])
    many, one, another, of_order, alone = (answer.data for answer in ran)
    stage.equal("two ids", "the list", many, [one, another])
    intents = [each["payment"]["payment_intent_id"] for each in of_order]
    stage.equal("an order", "intents", intents, [first.intent, second])
    orders = [str(each["order"]["id"]) for each in of_order]
    stage.equal("an order", "the order", orders, [first.order] * 2)
    orders = [each["payment"]["order_id"] for each in alone]
    stage.equal("an order of one payment", "a list", orders, [other.order])


async def _all(app: App, commands: list[tuple[str, ...]]) -> list[Ran]:
    return await asyncio.gather(*(to_thread(app.ops, *command) for command in commands))


@rule("What is not known is named and is exit code 1; wrong usage is exit code 2; no traceback.")
async def unknown(stage: Stage) -> None:
    """Ids, orders, nothing, both, and texts that are none."""
    app = stage.app
    intent = (await app.buy()).intent
    named = [("show", intent, NOBODY), ("show", "--order", NOBODY), ("replay", NOBODY)]
    objects = [(*command, "--json") for command in named]
    amount = ("--amount", "1", "--currency", "TWD", "--json")
    surrogate = [("show", "\udcff", "--json"), _registration("a1", "\udcff", *amount)]
    replays = [("replay", NOBODY, "--handler")]
    usages = [("show",), ("show", "one", "--order", "o-1"), ("show", "--order")]
    commands = [*named, *objects, *surrogate, *replays, *usages]
    answers = dict(zip(commands, await _all(app, commands), strict=True))
    for command, ran in answers.items():
        case = ascii(" ".join(command))
        stage.equal(case, "exit code", ran.code, 2 if command in usages else 1)
        stage.true(case, "is without a traceback", not traces(ran.err), ran.err)
        if command in named:
            seen = (ran.out, NOBODY in ran.err)
            stage.equal(case, "output, the name in the errors", seen, ("", True))
        elif command[-1] == "--json":
            stage.equal(case, "the object", list(json.loads(ran.out or ran.err)), ["error"])


def _registration(intent: str, order: str, *values: str) -> tuple[str, ...]:
    return ("register", "--intent", intent, "--order", order, *values)


@rule("A payment fits on a screen, with what a person looks for.")
async def screen(stage: Stage) -> None:
    """One that was refunded after a long way, and a callback without a payment."""
    app = stage.app
    bought = await app.buy()
    for status in (EXPIRED, NOT_REFUNDED, REFUNDED):
        await app.deliver(bought.intent, status)
        shown = await app.closed(bought.intent, status)
    text = (await to_thread(app.ops, "show", bought.intent)).out
    refund = str(shown.payment["refund_tx_hash"])
    for told in (bought.intent, bought.order, REFUNDED, "300 TWD", refund):
        stage.true("a refund", f"shows {told}", told in text, text)
    lines = text.splitlines()
    size = (len(lines) <= LINES, max(map(len, lines)) <= WIDTH)
    stage.equal("a refund", "fits in lines and columns", size, (True, True))
    stranger = "never-registered-and-shown"
    await app.claim(stranger, SUCCESS)
    text = (await to_thread(app.ops, "show", stranger)).out
    stage.true("without a payment", "says so", "not registered" in text, text)
    shown = (await app.show(stranger))[stranger]
    stage.equal("without a payment", "payment, order", (shown.payment, shown.order), ({}, {}))


@rule(
    "The latest payments are listed, newest first, by status, within eighty columns.",
    place=Place.OWN,
)
async def latest(stage: Stage) -> None:
    """Three payments, one of them expired."""
    async with stage.open() as app:
        bought = [await app.buy() for _ in range(3)]
        await app.deliver(bought[1].intent, EXPIRED)
        await app.closed(bought[1].intent, EXPIRED)
        newest = [one.intent for one in reversed(bought)]
        questions = [("--limit", "3", "--json"), ("--status", EXPIRED, "--json"), ("--limit", "2")]
        wrong = [("--limit", "0"), ("--limit", "many"), ("--status", "paid")]
        commands = [("list", *question) for question in (*questions, *wrong)]
        listed, expired, text, *refused = await _all(app, commands)
        seen = [one["payment_intent_id"] for one in listed.data["payments"]]
        stage.equal("--limit 3", "the payments", seen, newest)
        seen = [(one["payment_intent_id"], one["status"]) for one in expired.data["payments"]]
        stage.equal("--status expired", "the payments", seen, [(bought[1].intent, EXPIRED)])
        shown = [intent in text.out for intent in newest]
        stage.equal("--limit 2", "the payments", shown, [True, True, False])
        width = max(map(len, text.out.splitlines()))
        stage.true("--limit 2", "fits on a screen", width <= WIDTH, width, WIDTH)
        for question, ran in zip(wrong, refused, strict=True):
            stage.equal(" ".join(question), "exit code", ran.code, 2)


@rule(
    "The worker tells what became of each callback, in a line; a traceback only the first time.",
    Need.EFFECTS,
    place=Place.OWN,
)
async def told(stage: Stage) -> None:
    """One that is applied, one that is ahead, one whose handler fails twice."""
    async with stage.open(KRYPTOGO_WORKER="off") as app:
        paid, lagging, failing = await app.buy_many(3)
        await app.deliver(paid.intent, SUCCESS)
        await app.claim(lagging.intent, SUCCESS)
        await to_thread(app.effects.order, failing.intent, Fault(fail=2))
        await app.deliver(failing.intent, EXPIRED)
        once = await to_thread(app.ops, "work", "--once", "--json")
        stage.equal("work --once", "exit code", once.code, 0)
        failed = ("expired", "tried again at", "ordered to fail")
        _is_told(stage, once.err, paid.intent, "success", "done, applied")
        _is_told(stage, once.err, lagging.intent, "success", "asked again at")
        _is_told(stage, once.err, failing.intent, *failed)
        stage.equal("work --once", "tracebacks", traces(once.err), 1)
        worker = app.start_worker()
        await app.closed(failing.intent, EXPIRED)
        stage.equal("work", "exit code", await to_thread(worker.stop), 0)
        _is_told(stage, worker.printed(), failing.intent, *failed)
        _is_told(stage, worker.printed(), failing.intent, "expired", "done, applied")
        stage.equal("work", "tracebacks", traces(worker.printed()), 0)


def _is_told(stage: Stage, log: str, *parts: str) -> None:
    lines = [line for line in log.splitlines() if all(part in line for part in parts)]
    stage.true(" ".join(parts), "is told in one line", len(lines) == 1, log)


@rule("Neither the API key nor a forged line reaches the log.")
async def log(stage: Stage) -> None:
    """A payment settled, and a status with a line feed in it."""
    app = stage.app
    bought, forged = await app.buy_many(2)
    await app.deliver(bought.intent, PENDING)
    await app.closed(bought.intent, PENDING)
    status = "x\nERROR forged line of the log"
    answer = await app.claim(forged.intent, status)
    stage.equal("a forged line", "the answer", answer.status, 200)
    await until(lambda: app.logged(forged.intent), 5)
    stage.true("a forged line", "is not a line", "\nERROR forged line" not in app.log_text())
    secret = app.variables["KRYPTOGO_STUDIO_API_KEY"]
    stage.equal("the key", "lines with it", app.logged(secret), [])
