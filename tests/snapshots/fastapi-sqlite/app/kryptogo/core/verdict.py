# kgscaffold:id=core/verdict
"""What is written down about a claimed callback, fenced on its lease."""

import logging
from dataclasses import replace
from typing import Any

from . import payments, queue
from .database import Tx
from .model import Callback, State, Status, now
from .schedule import after_lag, closed, opened
from .transitions import Claim, settle_claim

log = logging.getLogger(__name__)


class LeaseLost(Exception):
    """Another worker has the callback by now."""


async def finish(tx: Tx, callback: Callback, values: dict[str, Any]) -> bool:
    """Write a verdict; False where a new delivery keeps the callback open. Raises LeaseLost."""
    state = values.get("state")
    fenced = state == State.REJECTED or (state == State.DONE and callback.claim is None)
    if await queue.write(tx, callback, values, unless_redelivered=fenced):
        log.info("intent %s: %s %s", callback.payment_intent_id, callback.status, _told(values))
        return True
    again = {**opened(), "next_attempt_at": now() + queue.PAUSE}
    if not fenced or not await queue.write(tx, callback, again):
        raise LeaseLost
    return False


async def owe_after_commit(tx: Tx, callback: Callback, applied: Status) -> Callback:
    """The callback, kept under its lease for the `after_commit` it is owed. Raises LeaseLost."""
    owed = {"state": State.APPLIED, "applied_status": applied, "handler_attempts": 0}
    if not await queue.write(tx, callback, owed, keep_lease=True):
        raise LeaseLost
    return replace(callback, state=State.APPLIED, applied_status=applied, handler_attempts=0)


def _told(values: dict[str, Any]) -> str:
    """A verdict, for the log."""
    if values.get("state", State.PENDING) == State.PENDING:
        return f"is not confirmed yet: asked again at {values['next_attempt_at']:%H:%M:%S} UTC"
    return ", ".join(filter(None, dict.fromkeys((values["state"], values.get("outcome")))))


def after_change(callback: Callback, status: Status, applied: Status) -> dict[str, Any]:
    """What is still owed to a callback once its payment is `status`; its claim gets new time."""
    at, claim = now(), settle_claim(callback.claim, status, status)
    if claim is Claim.AHEAD:
        fresh = replace(callback, lag_attempts=0, opened_at=at)
        return opened() | {"applied_status": applied} | (after_lag(fresh, at) or {})
    outcome = "applied" if callback.claim in (None, applied) else "stale"
    done = closed(State.DONE, outcome if claim is Claim.REACHED else "unrelated")
    return {"applied_status": applied, **done}


async def record(
    tx: Tx, callback: Callback, outcome: str, ours: str | None, theirs: str | None, reason: str = ""
) -> None:
    """Append what became of the callback to the history of its payment."""
    await payments.record(
        tx,
        callback.payment_intent_id,
        outcome,
        callback.source,
        callback_id=callback.id,
        from_status=ours,
        to_status=theirs,
        detail={"claimed_status": callback.claimed_status, "reason": reason},
    )
