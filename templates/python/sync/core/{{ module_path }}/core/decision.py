# kgscaffold:id=core/decision
"""KryptoGO's answer against our payment, under the lock: apply, hold, or close."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ParamSpec

from ..config import ORDER_DATA_KEY
from ..handlers import BY_STATUS
from . import store
from .concurrency import time_limit
from .database import Tx, reason
from .dialect import is_transient
from .model import (
    Callback,
    CallbackChange,
    Facts,
    Intent,
    Payment,
    PaymentChange,
    PaymentEvent,
    State,
    Status,
)
from .rules import (
    FINAL,
    LEASE,
    PAUSE,
    Claim,
    Move,
    after_change,
    after_lag,
    closed,
    decide,
    mismatch,
    next_check,
    opened,
    settle_claim,
)
from .settings import settings

HANDLER_SECONDS = 30
P = ParamSpec("P")
log = logging.getLogger(__name__)


class LeaseLost(Exception):
    """Another worker has the callback by now."""


class HandlerFailed(Exception):
    """A handler raised or took too long; nothing of it is kept."""


@dataclass(frozen=True)
class Case:
    """All that a decision looks at, read under the lock. No intent: KryptoGO knows of none."""

    callback: Callback
    payment: Payment
    order_paid: bool
    intent: Intent | None
    at: datetime


@dataclass(frozen=True)
class Owed:
    """What `after_commit` is to be told, and the claimed callback that owes it."""

    callback: Callback
    payment: Payment
    event: PaymentEvent


def settle(tx: Tx, case: Case) -> Owed | None:
    """Decide, and write the verdict; what is still owed. Raises HandlerFailed, LeaseLost."""
    callback, payment, intent = case.callback, case.payment, case.intent
    if intent is None:
        _reject(tx, case, None, "unknown_intent")
        return None
    if intent.status not in set(Status):
        _hold(tx, case, intent.status, "unknown_api_status")
        return None
    ours, theirs = payment.status, Status(intent.status)
    move = decide(ours, theirs)
    # The one exception to "same": the first callback that says pending, of a pending payment.
    first_pending = callback.claim == ours == theirs == Status.PENDING
    if move in (Move.SAME, Move.STALE) and not first_pending:
        _close(tx, case, theirs, move)
        return None
    if objection := _objection(case, intent, theirs, move):
        _hold(tx, case, theirs, objection)
        return None
    event = event_of(payment, theirs, case.order_paid, callback.claimed_status, intent)
    if note(tx, payment, event, callback):
        return _apply(tx, case, event)
    if first_pending:
        _close(tx, case, theirs, move)
    else:
        _hold(tx, case, theirs, "applied_before")
    return None


def _objection(case: Case, intent: Intent, theirs: Status, move: Move) -> str | None:
    """Why a person must decide whether the payment becomes `theirs`, or None."""
    if move is Move.HOLD:
        return f"{theirs}_after_{case.payment.status}"
    if case.order_paid and theirs == Status.SUCCESS:
        return "order_already_paid"
    return mismatch(case.payment, intent, settings().environment, ORDER_DATA_KEY)


def _apply(tx: Tx, case: Case, event: PaymentEvent) -> Owed | None:
    callback, status = case.callback, event.status
    change: PaymentChange = {"last_verified_at": case.at}
    if case.payment.review_reason and _answers(tx, case.payment, status):
        change |= {"needs_review": False, "review_reason": None}
    payment = change_to(tx, case.payment, event, case.at, change)
    if BY_STATUS[status].after_commit is None:
        finish(tx, callback, after_change(callback, status, status, case.at), case.at)
        return None
    # Its own attempts begin, and the first of them is under way.
    owed: CallbackChange = {"state": State.APPLIED, "applied_status": status, "attempts": 1}
    if not store.update_callback(tx, callback, {**owed, "lease_until": case.at + LEASE}):
        raise LeaseLost
    callback = replace(callback, state=State.APPLIED, applied_status=status, attempts=1)
    return Owed(callback, payment, event)


def event_of(
    payment: Payment, status: Status, order_paid: bool, claimed: str | None, facts: Facts
) -> PaymentEvent:
    """What the handlers are told of a payment that becomes `status`."""
    expired = payment.status == Status.EXPIRED
    pending = payment.status == Status.PENDING
    return PaymentEvent(
        status=status,
        from_status=payment.status,
        claimed_status=claimed,
        late=expired and status != Status.EXPIRED,
        skipped=status == Status.INSUFFICIENT_REFUNDED and (expired or pending),
        order_already_paid=order_paid,
        key=f"{payment.payment_intent_id}:{status}",
        **{**payment.told(), **facts.told()},
    )


def note(
    tx: Tx,
    payment: Payment,
    event: PaymentEvent,
    callback: Callback | None,
    *,
    again: bool = False,
    why: str | None = None,
) -> bool:
    """Append a change to the history; no callback: a person's. False where it stands there.

    `again` leaves the once-only mark of the status alone.
    """
    return store.append_history(
        tx,
        payment.payment_intent_id,
        Move.APPLY,
        callback.source if callback else "manual",
        callback_id=callback.id if callback else None,
        from_status=event.from_status,
        to_status=event.status,
        applied_status=None if again else event.status,
        detail={**vars(event), "note": why},
    )


def change_to(
    tx: Tx, payment: Payment, event: PaymentEvent, at: datetime, change: PaymentChange
) -> Payment:
    """Give the payment the event's status, with this `change`, and run its handler.

    The payment as it is then. Raises HandlerFailed.
    """
    check = next_check(payment, event.status, at)
    change = {**change, "status": event.status, "next_check_at": check}
    store.update_payment(tx, payment.payment_intent_id, change, event)
    payment = replace(payment, **change, **event.told())
    run_handler(BY_STATUS[event.status].apply, tx, payment, event)
    return payment


def run_handler(handler: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
    """Run it. Raises HandlerFailed, or the database's error where it is transient."""
    try:
        with time_limit(HANDLER_SECONDS):
            handler(*args, **kwargs)
    except Exception as error:
        if is_transient(error) and not isinstance(error, OSError):
            raise
        raise HandlerFailed(reason(error)) from error


def _answers(tx: Tx, payment: Payment, status: Status) -> bool:
    """Whether KryptoGO's `status` settles what a person was called for.

    A success or a refund that was held is not answered by anything else: its money has moved.
    """
    held = _held(tx, payment.payment_intent_id, payment.review_reason or "")
    return not held & (set(FINAL) - {status})


def _held(tx: Tx, intent_id: str, why: str) -> set[str]:
    """The API statuses for which the history has a conflict with this reason."""
    return {
        entry["to_status"]
        for entry in store.history_of(tx, intent_id)
        if entry["outcome"] == Move.HOLD and entry["detail"].get("reason") == why
    }


def _close(tx: Tx, case: Case, theirs: Status, move: Move) -> None:
    """Nothing is to be changed: close the callback, unless what it claims may still come."""
    callback, ours = case.callback, case.payment.status
    claim = settle_claim(callback.claim, ours, theirs)
    if claim is Claim.AHEAD:
        if later := after_lag(callback, case.at):
            _verified(tx, case)
            finish(tx, callback, later, case.at)
            return
        if callback.applied_status is None:
            _reject(tx, case, theirs, "never_confirmed")
            return
    _verified(tx, case)
    outcome = "stale"
    if claim is Claim.UNRELATED:
        outcome = "unrelated"
    elif move is Move.SAME and callback.claim in (None, ours):
        outcome = "duplicate"
    finish(tx, callback, closed(State.DONE, outcome, case.at), case.at)
    if callback.source == "callback":
        record(tx, callback, move, ours, theirs)


def _reject(tx: Tx, case: Case, theirs: Status | None, why: str) -> None:
    """Close a callback whose claim was never confirmed; the next delivery opens it again."""
    _verified(tx, case)
    rejected = closed(State.REJECTED, "rejected", case.at)
    if finish(tx, case.callback, rejected, case.at):
        record(tx, case.callback, "rejected", case.payment.status, theirs, why)


def _hold(tx: Tx, case: Case, api_status: str, why: str) -> None:
    """Leave the payment's status as it is and call a person, once for each reason and API status.

    What KryptoGO told of the money is kept for them, unless it is of another intent.
    """
    intent_id, theirs = case.payment.payment_intent_id, api_status[:64]
    known = theirs in _held(tx, intent_id, why)
    facts = None
    if case.intent and why != "intent_id_mismatch":
        facts = Facts(**{**case.intent.told(), **case.payment.told()})
    _verified(tx, case, None if known else why, facts)
    if not known:
        record(tx, case.callback, Move.HOLD, case.payment.status, theirs, why)
        log.error("intent %s needs review: %s", intent_id, why)
    finish(tx, case.callback, closed(State.DONE, "conflict", case.at), case.at)


def _verified(tx: Tx, case: Case, review: str | None = None, facts: Facts | None = None) -> None:
    """Note when KryptoGO was asked, and when to ask again. `review` calls a person."""
    payment = case.payment
    check = next_check(payment, payment.status, case.at)
    change: PaymentChange = {"last_verified_at": case.at, "next_check_at": check}
    if check is None and payment.status in (Status.PENDING, Status.INSUFFICIENT_NOT_REFUNDED):
        review = review or payment.review_reason or "unsettled_for_30_days"
    if review:
        change |= {"needs_review": True, "review_reason": review}
    store.update_payment(tx, payment.payment_intent_id, change, facts)


def released(at: datetime) -> CallbackChange:
    """The lease ends; `lease_until` keeps when."""
    return {"lease_token": None, "lease_until": at}


def finish(tx: Tx, callback: Callback, change: CallbackChange, at: datetime) -> bool:
    """Write a verdict; False where a new delivery keeps the callback open. Raises LeaseLost."""
    state = change["state"]
    fenced = state == State.REJECTED or (state == State.DONE and callback.claim is None)
    change = {**change, **released(at)}
    if store.update_callback(tx, callback, change, unless_redelivered=fenced):
        log.info("intent %s: %s %s", callback.payment_intent_id, callback.status, _told(change))
        return True
    again: CallbackChange = {**opened(callback, at + PAUSE), **released(at)}
    if not fenced or not store.update_callback(tx, callback, again):
        raise LeaseLost
    return False


def _told(change: CallbackChange) -> str:
    """A verdict, for the log."""
    if change["state"] == State.PENDING:
        return f"is not confirmed yet: asked again at {change['next_attempt_at']:%H:%M:%S} UTC"
    return ", ".join(filter(None, dict.fromkeys((change["state"], change.get("outcome")))))


def record(
    tx: Tx, callback: Callback, outcome: str, ours: str | None, theirs: str | None, why: str = ""
) -> None:
    """Append what became of the callback to the history of its payment."""
    store.append_history(
        tx,
        callback.payment_intent_id,
        outcome,
        callback.source,
        callback_id=callback.id,
        from_status=ours,
        to_status=theirs,
        detail={"claimed_status": callback.claimed_status, "reason": why},
    )
