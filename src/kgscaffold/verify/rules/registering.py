"""`register`: binding an intent to an order by hand."""

from __future__ import annotations

import asyncio
from asyncio import to_thread
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from kgscaffold.verify.rule import rule
from kgscaffold.verify.shown import as_time
from kgscaffold.verify.statuses import PENDING

if TYPE_CHECKING:
    from kgscaffold.verify.app import App
    from kgscaffold.verify.process import Ran
    from kgscaffold.verify.stage import Stage

VALUES = ("--amount", "300.0", "--currency", "TWD")
DEADLINE = 1_900_000_000
NONSENSE = [
    ("--amount", "abc", "--currency", "TWD"),
    ("--amount", "NaN", "--currency", "TWD"),
    ("--amount", "-1", "--currency", "TWD"),
    ("--amount", "0", "--currency", "TWD"),
    ("--amount", "1e30", "--currency", "TWD"),
    ("--currency", "TWD"),
    ("--amount", "300.0"),
]
NO_TIMES = ["tomorrow", "9" * 30, "9" * 14]
OTHERWISE = {
    "another order": ("o-2", *VALUES),
    "another amount": ("o-1", "--amount", "300.01", "--currency", "TWD"),
    "another currency": ("o-1", "--amount", "300.0", "--currency", "USD"),
}


async def _register(app: App, intent: str, order: str, *values: str) -> Ran:
    named = ("--intent", intent, "--order", order)
    return await to_thread(app.ops, "register", *named, *values)


@rule("Registering equal values again changes nothing; other values are an error.")
async def again(stage: Stage) -> None:
    """The same amount written in three ways, then each value another."""
    app, intent = stage.app, "registered-again"
    for amount in ("300.0", "300.00", "0300"):
        ran = await _register(app, intent, "o-1", "--amount", amount, "--currency", "TWD")
        stage.equal(amount, "exit code", ran.code, 0)
    before = (await app.show(intent))[intent]
    stage.equal("equal values", "entries in the history", len(before.history), 1)
    entry = before.history[0]
    names = ("outcome", "to_status", "applied_status")
    told = [entry[name] for name in names]
    stage.equal("equal values", "the entry", told, ["registered", PENDING, None])
    stage.true("equal values", "a detail", isinstance(entry["detail"], dict), entry)
    payment = before.payment
    seen = (payment["order_id"], payment["status"])
    stage.equal("equal values", "order, status", seen, ("o-1", PENDING))
    deadline = as_time(payment["payment_deadline"])
    ahead = deadline - as_time(payment["created_at"])
    half_an_hour = abs(ahead - timedelta(minutes=30)) < timedelta(seconds=5)
    stage.true("equal values", "the deadline is in 30 minutes", half_an_hour, ahead)
    stage.equal("equal values", "first check", as_time(payment["next_check_at"]), deadline)
    ran_otherwise = await asyncio.gather(
        *(_register(app, intent, *values) for values in OTHERWISE.values())
    )
    for case, ran in zip(OTHERWISE, ran_otherwise, strict=True):
        stage.equal(case, "exit code", ran.code, 1)
        stage.true(case, "is without a traceback", "Traceback" not in ran.err, ran.err)
    after = (await app.show(intent))[intent]
    stage.equal("other values", "the payment", after.payment, payment)
    stage.equal("other values", "amount", Decimal(payment["expected_fiat_amount"]), 300)


@rule("Nonsense is refused, by the name of what is wrong, and nothing is registered.")
async def nonsense(stage: Stage) -> None:
    """Amounts, currencies and deadlines."""
    app, intent = stage.app, "registered-nonsense"
    deadlines = [(*VALUES, "--deadline", text) for text in NO_TIMES]
    cases = [*NONSENSE, *deadlines]
    answers = await asyncio.gather(*(_register(app, intent, "o-1", *one) for one in cases))
    for values, ran in zip(cases, answers, strict=True):
        case = " ".join(values)
        stage.true(case, "is refused", ran.code != 0, ran.code)
        stage.true(case, "is without a traceback", "Traceback" not in ran.err, ran.err)
        if values in deadlines:
            seen = (ran.code, "--deadline" in ran.err)
            stage.equal(case, "exit code, names --deadline", seen, (2, True))
    stage.equal("nonsense", "registered", list(await app.show(intent)), [])


@rule("A deadline that is given is kept, and is when the payment is first checked.")
async def deadline(stage: Stage) -> None:
    """In seconds since 1970."""
    app, intent = stage.app, "registered-with-deadline"
    ran = await _register(app, intent, "o-1", *VALUES, "--deadline", str(DEADLINE))
    stage.equal("a deadline", "exit code", ran.code, 0)
    payment = (await app.show(intent))[intent].payment
    for name in ("payment_deadline", "next_check_at"):
        stage.equal("a deadline", name, as_time(payment[name]).timestamp(), DEADLINE)
