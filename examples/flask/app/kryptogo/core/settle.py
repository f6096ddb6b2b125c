# kgscaffold:id=core/settle
"""From a claimed callback to a settled payment: ask KryptoGO, then decide in one transaction."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from ..handlers import BY_STATUS
from . import store
from .client import ProviderError, get_intent
from .concurrency import time_limit
from .database import Tx, reason, transaction, without_values
from .decision import Case, Move, Verdict, after_change, applied_before, event_of, judge
from .dialect import is_transient, reading, statements
from .model import Callback, Intent, Payment, PaymentEvent, State, Status, now
from .schedule import FINAL, LEASE, PAUSE, after_failure, next_check, opened, released
from .settings import settings

HANDLER_SECONDS = 30
log = logging.getLogger(__name__)


class HandlerFailed(Exception):
    """A handler raised or took too long; nothing of it is kept."""


class LeaseLost(Exception):
    """Another worker has the callback by now."""


class Overtaken(Exception):
    """Since KryptoGO was asked, another worker has settled the payment."""


@dataclass(frozen=True)
class Owed:
    """What `after_commit` is to be told, and the claimed callback that owes it."""

    callback: Callback
    payment: Payment
    event: PaymentEvent


def process(callback: Callback, seen: Payment | None = None) -> None:
    """Take a claimed callback as far as it goes now, and write down what is still owed.

    `seen`: its payment, where that was read since it was claimed.
    """
    try:
        if callback.state == State.PENDING:
            owed = _settle(callback, seen)
        else:
            owed = _owed(callback)
        if owed:
            callback = owed.callback
            _after_commit(owed)
    except LeaseLost:
        log.info("callback %s: the lease was lost", callback.id)
    except Exception as error:
        if is_transient(error):
            raise
        _fail(callback, error)


def _settle(callback: Callback, seen: Payment | None) -> Owed | None:
    """Ask KryptoGO and decide, again where another worker was faster; what is still owed."""
    while seen := seen or store.get_payment(callback.payment_intent_id):
        intent = get_intent(callback.payment_intent_id)
        try:
            return transaction(partial(_decide, callback, seen, intent))
        except Overtaken:
            seen = None
    unknown = replace(callback, state=State.UNREGISTERED)
    transaction(lambda tx: _finish(tx, callback, unknown, now()))
    return None


def _decide(callback: Callback, seen: Payment, intent: Intent | None, tx: Tx) -> Owed | None:
    """Settle. Raises Overtaken where the payment is not as `seen` before KryptoGO was asked.

    No time is compared with the clock: clocks that differ cannot mislead it.
    """
    at = now()
    locked = store.lock_order(tx, seen.order_id, at)
    payment = locked.pop(callback.payment_intent_id)
    if payment.last_verified_at != seen.last_verified_at:
        raise Overtaken
    paid = any(other.status == Status.SUCCESS for other in locked.values())
    case = Case(callback, payment, paid, intent, settings().environment, at)
    verdict = judge(case)
    if intent and verdict is None:
        event = event_of(payment, Status(intent.status), paid, callback.claimed_status, intent)
        if changed := change_to(tx, payment, event, at, callback):
            return _changed(tx, callback, changed, event, at)
        verdict = applied_before(case)
    if verdict:
        _leave(tx, case, verdict)
    return None


def change_to(
    tx: Tx,
    payment: Payment,
    event: PaymentEvent,
    at: datetime,
    callback: Callback | None = None,
    *,
    again: bool = False,
    why: str | None = None,
) -> Payment | None:
    """Give the payment the event's status: history, update, handler. No callback: a person's doing.

    The payment as it is then; None where it has had the status before, which no handler sees twice
    but `again`. Raises HandlerFailed.
    """
    entry = {
        "from_status": event.from_status,
        "to_status": event.status,
        "applied_status": None if again else event.status,
        "detail": {**vars(event), "note": why},
    }
    if not store.append_history(tx, payment.payment_intent_id, Move.APPLY, callback, **entry):
        return None
    check = next_check(payment, event.status, at)
    changed = replace(payment, status=event.status, next_check_at=check, **event.told())
    if callback:
        changed = replace(changed, last_verified_at=at)
        if payment.review_reason and _answers(tx, payment, event.status):
            changed = replace(changed, needs_review=False, review_reason=None)
    store.update_payment(tx, payment, changed)
    with _handler():
        BY_STATUS[event.status].apply(tx, changed, event)
    return changed


def _answers(tx: Tx, payment: Payment, status: Status) -> bool:
    """Whether KryptoGO's `status` settles what a person was called for.

    A success or a refund that was held is not answered by anything else: its money has moved.
    """
    held = _held(tx, payment.payment_intent_id, payment.review_reason)
    return not held & (set(FINAL) - {status})


def _changed(
    tx: Tx, callback: Callback, payment: Payment, event: PaymentEvent, at: datetime
) -> Owed | None:
    """What is still owed to the callback that changed the payment."""
    applied = replace(callback, applied_status=event.status)
    if BY_STATUS[event.status].after_commit is None:
        _finish(tx, callback, after_change(applied, event.status, at), at)
        return None
    # Its own attempts begin, and the first of them is under way.
    owed = replace(applied, state=State.APPLIED, attempts=1, lease_until=at + LEASE)
    if not store.update_callback(tx, callback, owed):
        raise LeaseLost
    return Owed(owed, payment, event)


def _leave(tx: Tx, case: Case, verdict: Verdict) -> None:
    """Leave the payment's status as it is, and close the callback or let it wait."""
    callback, payment, intent, outcome = case.callback, case.payment, case.intent, verdict.outcome
    intent_id, theirs = payment.payment_intent_id, intent.status[:64] if intent else None
    check = next_check(payment, payment.status, case.at)
    left = replace(payment, last_verified_at=case.at, next_check_at=check)
    if outcome == Move.HOLD:
        if intent and verdict.reason != "intent_id_mismatch":  # that would be another's money
            left = replace(left, **{**intent.told(), **payment.told()})
        if theirs in _held(tx, intent_id, verdict.reason):
            outcome = None  # a person is called once for each reason and status
        else:
            left = replace(left, needs_review=True, review_reason=verdict.reason)
            log.error("intent %s needs review: %s", intent_id, verdict.reason)
    if check is None and payment.status in (Status.PENDING, Status.INSUFFICIENT_NOT_REFUNDED):
        reason_given = left.review_reason or "unsettled_for_30_days"
        left = replace(left, needs_review=True, review_reason=reason_given)
    store.update_payment(tx, payment, left)
    if _finish(tx, callback, verdict.callback, case.at) and outcome:
        statuses = {"from_status": payment.status, "to_status": theirs}
        detail = {"claimed_status": callback.claimed_status, "reason": verdict.reason}
        store.append_history(tx, intent_id, outcome, callback, **statuses, detail=detail)


def _held(tx: Tx, intent_id: str, why: str | None) -> set[str]:
    """The API statuses for which the history has a conflict with this reason."""
    return {
        entry["to_status"]
        for entry in store.history_of(tx, intent_id)
        if entry["outcome"] == Move.HOLD and entry["detail"].get("reason") == why
    }


def _owed(callback: Callback) -> Owed:
    """What a callback was left with by a failure or a crash, as its handler saw it."""
    intent_id = callback.payment_intent_id
    payment = store.get_payment(intent_id)
    if payment is None:
        raise LookupError(f"payment {intent_id} is gone")
    with reading() as tx:
        history = store.history_of(tx, intent_id)
    told = [one["detail"] for one in reversed(history) if one["outcome"] == Move.APPLY]
    detail = next(detail for detail in told if detail["status"] == callback.applied_status)
    event = {name: detail[name] for name in PaymentEvent.__dataclass_fields__}
    event["status"], event["from_status"] = Status(event["status"]), Status(event["from_status"])
    return Owed(callback, payment, PaymentEvent(**event))


def _after_commit(owed: Owed) -> None:
    handler = BY_STATUS[owed.event.status]
    if handler.after_commit:
        with _handler():
            handler.after_commit(owed.payment, owed.event)
    at = now()
    done = after_change(owed.callback, owed.payment.status, at)
    transaction(lambda tx: _finish(tx, owed.callback, done, at), statements)


@contextmanager
def _handler() -> Iterator[None]:
    """Raises HandlerFailed for what a handler raises; the database's error if it is transient."""
    try:
        with time_limit(HANDLER_SECONDS):
            yield
    except Exception as error:
        if is_transient(error) and not isinstance(error, OSError):
            raise
        raise HandlerFailed(reason(error)) from error


def _finish(tx: Tx, callback: Callback, then: Callback, at: datetime) -> bool:
    """Write a verdict; False where a new delivery keeps the callback open. Raises LeaseLost."""
    looked_at = then.state == State.DONE and callback.claim is None
    fenced = looked_at or then.state == State.REJECTED
    if store.update_callback(tx, callback, released(then, at), unless_redelivered=fenced):
        told = ", ".join(filter(None, dict.fromkeys((then.state, then.outcome))))
        if then.state == State.PENDING:
            told = f"is not confirmed yet: asked again at {then.next_attempt_at:%H:%M:%S} UTC"
        log.info("intent %s: %s %s", callback.payment_intent_id, callback.status, told)
        return True
    again = released(opened(callback, at + PAUSE), at)
    if not fenced or not store.update_callback(tx, callback, again):
        raise LeaseLost
    return False


def _fail(callback: Callback, error: Exception) -> None:
    """Schedule the next attempt, or give the callback up as dead."""
    told = str(error) if isinstance(error, HandlerFailed | ProviderError) else reason(error)
    storable = told.encode(errors="replace").decode().replace("\0", "?")[:255]
    at = now()
    failed = after_failure(callback, storable, at)
    transaction(lambda tx: _write_failure(tx, callback, failed, at))
    dead = failed.state == State.DEAD
    then = "given up" if dead else f"tried again at {failed.next_attempt_at:%H:%M:%S} UTC"
    what = f"{callback.status}{'' if callback.state == State.PENDING else ', after_commit'}"
    line = f"intent {callback.payment_intent_id}: {what} failed, {then}: {told}"
    new = callback.attempts <= 1 or callback.last_error != storable
    of_handler = new and not isinstance(error, ProviderError)
    traceback = without_values(error.__cause__ or error) if of_handler else None
    log.log(logging.ERROR if dead else logging.WARNING, "%s", line, exc_info=traceback)


def _write_failure(tx: Tx, callback: Callback, failed: Callback, at: datetime) -> None:
    written = store.update_callback(tx, callback, released(failed, at))
    if written and failed.state == State.DEAD:
        detail = {"claimed_status": callback.claimed_status, "reason": failed.last_error}
        applied, intent_id = callback.applied_status, callback.payment_intent_id
        store.append_history(tx, intent_id, "dead", callback, to_status=applied, detail=detail)
