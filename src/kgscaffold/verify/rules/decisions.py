"""Every ordered pair of our status and KryptoGO's, set off in three ways."""

from __future__ import annotations

import asyncio
from asyncio import to_thread
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from kgscaffold.verify.model import Need
from kgscaffold.verify.rule import rule
from kgscaffold.verify.statuses import (
    APPLY,
    DECISIONS,
    HOLD,
    LATE,
    ORDER_STATUS,
    PENDING,
    SAME,
    SKIPPED,
    STALE,
    STATUSES,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from kgscaffold.verify.app import App, Purchase
    from kgscaffold.verify.shown import Shown
    from kgscaffold.verify.stage import Stage

CLAIM, RECHECK, RECONCILE = "claim", "recheck", "reconcile"
UNKNOWN_STATUS = "refunded"


@dataclass(frozen=True)
class Case:
    """Our status, KryptoGO's, and what makes the app ask."""

    ours: str
    theirs: str
    trigger: str

    def __str__(self) -> str:
        return f"{self.ours}, {self.theirs} at KryptoGO, {self.trigger}"

    @property
    def decision(self) -> str:
        """What the table says."""
        return DECISIONS[self.ours, self.theirs]

    @property
    def first_pending(self) -> bool:
        """The one exception: the first confirmed pending runs its handler."""
        return self.ours == self.theirs == PENDING and self.trigger == CLAIM

    @property
    def key(self) -> str:
        """The status of the callback that is looked at."""
        return self.theirs if self.trigger == CLAIM else "recheck"

    @property
    def path(self) -> list[str]:
        """The statuses that are applied in the end, in order."""
        before = [] if self.ours == PENDING else [self.ours]
        return [*before, self.theirs] if self.decision == APPLY or self.first_pending else before

    @property
    def end(self) -> str:
        """The payment's last status."""
        return self.theirs if self.decision == APPLY else self.ours


CASES = [Case(*case) for case in product(STATUSES, STATUSES, (CLAIM, RECHECK, RECONCILE))]
Played = dict[Case, tuple["Purchase", "Shown"]]


async def _play(app: App) -> Played:
    """Play all cases, and give what is recorded of them when all is decided."""
    bought = dict(zip(CASES, await app.buy_many(len(CASES)), strict=True))
    moved = [case for case in CASES if case.ours != PENDING]
    await asyncio.gather(*(app.deliver(bought[case].intent, case.ours) for case in moved))
    await app.settled({bought[case].intent: _rests(case.ours) for case in moved})
    await asyncio.gather(*(_set_off(app, case, bought[case]) for case in CASES))
    by_cron = [bought[case].intent for case in CASES if case.trigger == RECONCILE]
    await to_thread(app.clock.make_due, by_cron)
    await to_thread(app.ops, "reconcile")
    shown = await app.settled({one.intent: _decided(case) for case, one in bought.items()})
    return {case: (one, shown[one.intent]) for case, one in bought.items()}


def _rests(status: str) -> Callable[[Shown], bool]:
    return lambda shown: shown.status == status and shown.closed(status)


def _decided(case: Case) -> Callable[[Shown], bool]:
    if case.trigger != RECONCILE:
        return lambda shown: shown.status == case.end and shown.closed(case.key)
    return lambda shown: shown.status == case.end and _checked(shown)


def _checked(shown: Shown) -> bool:
    check = shown.payment["next_check_at"]
    return check is None or check > shown.payment["created_at"]


async def _set_off(app: App, case: Case, bought: Purchase) -> None:
    await app.truth(bought.intent, case.theirs)
    if case.trigger != RECONCILE:
        said = case.theirs if case.trigger == CLAIM else UNKNOWN_STATUS
        await app.claim(bought.intent, said)


async def _played(stage: Stage) -> Played:
    app = await stage.reconciled()
    return await stage.once("decisions", lambda: _play(app))


@rule(
    "What KryptoGO answers decides by the table, whatever was claimed and whatever set it off.",
    Need.CLOCK,
)
async def table(stage: Stage) -> None:
    """The payment's status, the order's, and what is held for a person."""
    for case, (_, shown) in (await _played(stage)).items():
        stage.equal(case, "the payment's status", shown.status, case.end)
        stage.equal(case, "the order", shown.order.get("status"), ORDER_STATUS[case.end])
        stage.equal(case, "applied, by the history", shown.applied, case.path)
        stage.equal(case, "needs review", shown.needs_review, case.decision == HOLD)


@rule("The history and the callback tell what was decided, and how.", Need.CLOCK)
async def told(stage: Stage) -> None:
    """Outcomes in the history, state and outcome of the callback."""
    for case, (_, shown) in (await _played(stage)).items():
        if case.trigger == RECONCILE:
            continue
        outcomes = [] if case.ours == PENDING else [APPLY]
        if case.first_pending:
            outcomes.append(APPLY)
        elif case.decision != SAME or case.trigger == RECHECK:
            outcomes.append(case.decision)
        stage.equal(case, "outcomes in the history", shown.outcomes, outcomes)
        stage.equal(case, "the callback's state", shown.state(case.key), "done")
        if case.decision in (STALE, HOLD):
            outcome = shown.callback(case.key).get("outcome")
            stage.equal(case, "the callback's outcome", outcome, case.decision)


@rule(
    "Each applied status takes effect once, and its handler is told how the payment came there.",
    Need.CLOCK,
    Need.EFFECTS,
)
async def handlers(stage: Stage) -> None:
    """Rows that the handlers left."""
    played = await _played(stage)
    intents = [bought.intent for bought, _ in played.values()]
    left = await to_thread((await stage.reconciled()).effects.left, intents)
    claimed = {RECHECK: UNKNOWN_STATUS, RECONCILE: None}
    for case, (bought, _) in played.items():
        effects = left[bought.intent]
        stage.equal(case, "took effect", [row["status"] for row in effects], case.path)
        if case.decision != APPLY or not effects:
            continue
        effect = effects[-1]
        expected = {
            "from_status": case.ours,
            "key": f"{bought.intent}:{case.theirs}",
            "late": (case.ours, case.theirs) in LATE,
            "skipped": (case.ours, case.theirs) in SKIPPED,
            "order_already_paid": False,
            "claimed_status": claimed.get(case.trigger, case.theirs),
        }
        seen = {name: effect[name] for name in expected}
        stage.equal(case, "the event", seen, expected)


@rule("A payment that is held says why, to the person and in the log.", Need.CLOCK)
async def held(stage: Stage) -> None:
    """The reason in the payment, and an error line."""
    app = await stage.reconciled()
    for case, (bought, shown) in (await _played(stage)).items():
        if case.decision == HOLD:
            stage.true(case, "has a reason", shown.reason)
            lines = app.logs.lines(bought.intent, "review")
            stage.true(case, "is in the log", lines, lines, "a line with `review`")


@rule(
    "A status of KryptoGO's that nobody knows is held, once, however often it is found.",
    Need.CLOCK,
)
async def unknown_status(stage: Stage) -> None:
    """From each of our statuses, looked at three times."""
    app = stage.app
    bought = dict(zip(STATUSES, await app.buy_many(len(STATUSES)), strict=True))
    moved = {ours: one for ours, one in bought.items() if ours != PENDING}
    await asyncio.gather(*(app.deliver(one.intent, ours) for ours, one in moved.items()))
    await app.settled({one.intent: _rests(ours) for ours, one in moved.items()})
    looked: dict[str, Shown] = {}
    for time in range(3):
        for one in bought.values():
            await app.truth(one.intent, "cancelled")
            if time:
                await to_thread(app.clock.age, one.intent, 70)
            await app.claim(one.intent, "cancelled")
        before = {name: shown.callback("recheck")["processed_at"] for name, shown in looked.items()}
        looked = await app.settled({one.intent: _held_again(before) for one in bought.values()})
    for ours, one in bought.items():
        shown = looked[one.intent]
        stage.equal(ours, "held in the history", shown.outcomes.count(HOLD), 1)
        stage.equal(ours, "the payment's status", shown.status, ours)
        stage.true(ours, "needs review", shown.needs_review)
        stage.equal(ours, "the reason", shown.reason, "unknown_api_status")
        stage.equal(ours, "the order", shown.order.get("status"), ORDER_STATUS[ours])


def _held_again(before: dict[str, str]) -> Callable[[Shown], bool]:
    def test(shown: Shown) -> bool:
        row = shown.callback("recheck")
        known = before.get(row.get("payment_intent_id", ""))
        return (row.get("state"), row.get("outcome")) == ("done", HOLD) and (
            row["processed_at"] != known
        )

    return test
