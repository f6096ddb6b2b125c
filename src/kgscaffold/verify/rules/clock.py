"""A clock that was set back, and one that was not."""

from __future__ import annotations

from asyncio import to_thread
from typing import TYPE_CHECKING

from kgscaffold.verify.extras import ALWAYS, Fault
from kgscaffold.verify.model import Need, Place
from kgscaffold.verify.rule import rule
from kgscaffold.verify.statuses import PENDING, SUCCESS

if TYPE_CHECKING:
    from kgscaffold.verify.app import App
    from kgscaffold.verify.stage import Stage

CALLBACKS = "kryptogo_callbacks"
_LONG_WAIT = 3 * 3600
"""Seconds after an eighth attempt."""


async def _lease(app: App, intent: str) -> None:
    """As if a worker had claimed the callback when it came, with a lease that ends at once."""
    row = (await to_thread(app.rows.find, CALLBACKS, payment_intent_id=intent))[0]
    lease = {"lease_token": "of another worker", "lease_until": row["last_received_at"]}
    await to_thread(app.rows.update, CALLBACKS, lease, payment_intent_id=intent)


@rule(
    "What waits longer than the schedule can say is taken up, and nothing else.",
    Need.EFFECTS,
    Need.CLOCK,
    Need.ROWS,
    place=Place.OWN,
)
async def set_back(stage: Stage) -> None:
    """Callbacks that failed, that are new, and that are leased; and no delivery comes to help."""
    async with stage.open(KRYPTOGO_WORKER="off") as app:
        retried, new, leased, patient, held = await app.buy_many(5)
        for one in (retried, patient):
            await to_thread(app.effects.order, one.intent, Fault(fail=ALWAYS))
            await app.deliver(one.intent, SUCCESS)
        await to_thread(app.ops, "work", "--once")
        for one in (retried, patient):
            await to_thread(app.effects.lift, one.intent)
        for one in (new, leased, held):
            await app.deliver(one.intent, SUCCESS)
        for one in (leased, held):
            await _lease(app, one.intent)
        for one in (retried, new, leased):
            await to_thread(app.clock.age, one.intent, -3600)
        many = {"attempts": 8}
        await to_thread(app.rows.update, CALLBACKS, many, payment_intent_id=patient.intent)
        shift = app.rows.shift
        chosen = {"payment_intent_id": patient.intent}
        await to_thread(shift, CALLBACKS, _LONG_WAIT - 60, "next_attempt_at", **chosen)
        chosen = {"payment_intent_id": held.intent}
        await to_thread(shift, CALLBACKS, 110, "lease_until", **chosen)
        once = await to_thread(app.ops, "work", "--once")
        stage.equal("work --once", "exit code", once.code, 0)
        found = await app.show(*(one.intent for one in (retried, new, leased, patient, held)))
        taken_up = {"tried again": retried, "new": new, "leased": leased}
        left = await to_thread(app.effects.left, found)
        for case, one in taken_up.items():
            seen = (found[one.intent].status, [row["status"] for row in left[one.intent]])
            stage.equal(f"{case}, an hour ahead", "status, effects", seen, (SUCCESS, [SUCCESS]))
        for case, one in {"an eighth failure": patient, "a lease that is held": held}.items():
            stage.equal(case, "the payment", found[one.intent].status, PENDING)
