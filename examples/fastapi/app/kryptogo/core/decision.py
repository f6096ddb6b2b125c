# kgscaffold:id=core/decision
"""KryptoGO's answer against our payment, under the lock: apply, hold, or close."""

import logging
from dataclasses import dataclass
from datetime import datetime

from ..handlers import BY_STATUS
from . import payments
from .change import change
from .checks import mismatch
from .database import Tx
from .model import Callback, Intent, Payment, PaymentEvent, State, Status
from .schedule import after_lag, closed, next_check
from .settings import settings
from .transitions import Claim, Move, decide, settle_claim
from .verdict import after_change, finish, owe_after_commit, record

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Announcement:
    """What `after_commit` is to be told, and the claimed callback that owes it."""

    callback: Callback
    payment: Payment
    event: PaymentEvent


@dataclass(frozen=True)
class Case:
    """All that a decision looks at, read under the lock. No intent: KryptoGO knows of none."""

    callback: Callback
    payment: Payment
    order_paid: bool
    intent: Intent | None
    at: datetime


async def settle(tx: Tx, case: Case) -> Announcement | None:
    """Decide, and write the verdict; what is to be announced. Raises HandlerFailed, LeaseLost."""
    callback, payment, intent, ours = case.callback, case.payment, case.intent, case.payment.status
    if intent is None:
        await _reject(tx, case, None, "unknown_intent")
        return None
    if intent.status not in set(Status):
        await _hold(tx, case, intent.status, "unknown_api_status")
        return None
    theirs = Status(intent.status)
    move = decide(ours, theirs)
    applied = await payments.applied(tx, payment.payment_intent_id)
    first_pending = callback.claim == ours == theirs == Status.PENDING and theirs not in applied
    if move in (Move.SAME, Move.STALE) and not first_pending:
        await _close(tx, case, theirs, move)
        return None
    if reason := _objection(case, intent, theirs, theirs in applied):
        await _hold(tx, case, theirs, reason)
        return None
    done = await change(tx, payment, theirs, case.order_paid, callback=callback, facts=intent)
    if hasattr(BY_STATUS[theirs], "after_commit"):
        return Announcement(await owe_after_commit(tx, callback, theirs), *done)
    await finish(tx, callback, after_change(callback, theirs, theirs))
    return None


def _objection(case: Case, intent: Intent, theirs: Status, applied: bool) -> str | None:
    """Why a person must decide whether the payment becomes `theirs`, or None."""
    if decide(case.payment.status, theirs) is Move.HOLD:
        return f"{theirs}_after_{case.payment.status}"
    if applied:
        return "applied_before"
    if case.order_paid and theirs == Status.SUCCESS:
        return "order_already_paid"
    return mismatch(case.payment, intent, settings())


async def _close(tx: Tx, case: Case, theirs: Status, move: Move) -> None:
    callback, ours = case.callback, case.payment.status
    claim = settle_claim(callback.claim, ours, theirs)
    later = after_lag(callback, case.at) if claim is Claim.AHEAD else None
    if claim is Claim.AHEAD and later is None and callback.applied_status is None:
        return await _reject(tx, case, theirs, "never_confirmed")
    await _verified(tx, case)
    if later:
        await finish(tx, callback, later)
        return
    same = move is Move.SAME and callback.claim in (None, ours)
    outcome = "unrelated" if claim is Claim.UNRELATED else "duplicate" if same else "stale"
    await finish(tx, callback, closed(State.DONE, outcome))
    if callback.source == "callback":
        await record(tx, callback, move.value, ours, theirs)


async def _reject(tx: Tx, case: Case, theirs: Status | None, reason: str) -> None:
    """Close a callback whose claim was never confirmed; the next delivery opens it again."""
    await _verified(tx, case)
    if await finish(tx, case.callback, closed(State.REJECTED, "rejected")):
        await record(tx, case.callback, "rejected", case.payment.status, theirs, reason)


async def _hold(tx: Tx, case: Case, api_status: str, reason: str) -> None:
    """Leave the payment's status as it is and call a person, once for each reason and API status.

    What KryptoGO told of the money is kept for them, unless it is of another intent.
    """
    intent_id, theirs = case.payment.payment_intent_id, api_status[:64]
    known = await payments.is_held(tx, intent_id, reason, theirs)
    if case.intent and reason != "intent_id_mismatch":
        await payments.save(tx, intent_id, case.intent.told() | case.payment.told())
    await _verified(tx, case, None if known else reason)
    if not known:
        await record(tx, case.callback, "conflict", case.payment.status, theirs, reason)
        log.error("intent %s needs review: %s", intent_id, reason)
    await finish(tx, case.callback, closed(State.DONE, "conflict"))


async def _verified(tx: Tx, case: Case, review: str | None = None) -> None:
    """Note when KryptoGO was asked, and when to ask again. `review` calls a person."""
    payment = case.payment
    check = next_check(payment, payment.status, case.at)
    values = {"last_verified_at": case.at, "next_check_at": check}
    if check is None and payment.status in (Status.PENDING, Status.INSUFFICIENT_NOT_REFUNDED):
        review = review or payment.review_reason or "unsettled_for_30_days"
    flag = {"needs_review": True, "review_reason": review} if review else {}
    await payments.save(tx, payment.payment_intent_id, {**values, **flag})
