# kgscaffold:id=core/settle
"""From a claimed callback to a settled payment: ask KryptoGO, then decide in one transaction."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial

from ..handlers import BY_STATUS
from . import store
from .client import ProviderError, get_intent
from .concurrency import time_limit
from .database import Tx, reason, transaction, uncommitted, without_values
from .decision import Case, Move, Verdict, after_change, applied_before, event_of, judge
from .dialect import is_transient
from .model import Callback, Intent, Payment, PaymentEvent, State, Status, now
from .schedule import FINAL, LEASE, PAUSE, after_failure, next_check, opened, released
from .settings import settings

HANDLER_SECONDS = 30
Finished = tuple[Callback, Callback]
"""A callback as it is stored, and as it should be: all of its work is done."""
Owed = tuple[Callback, Payment, PaymentEvent]
"""A callback whose change is stored, and what `after_commit` is to be told."""
log = logging.getLogger(__name__)


class HandlerFailed(Exception):
    """A handler raised or took too long; nothing of it is kept."""


class LeaseLost(Exception):
    """Another worker has the callback by now."""


class Overtaken(Exception):
    """Since KryptoGO was asked, another worker has settled the payment: it is this by now."""

    def __init__(self, payment: Payment) -> None:
        super().__init__(payment.payment_intent_id)
        self.payment = payment


def process(callback: Callback, payment: Payment) -> Finished | None:
    """Take a claimed callback as far as it goes now; what `finish` is then to write down.

    `payment` was read since it was claimed.
    """
    try:
        if callback.state == State.PENDING:
            owed = _settle(callback, payment)
        else:
            owed = callback, payment, _event(callback)
        if owed is None:
            return None
        callback, payment, event = owed
        if after_commit := BY_STATUS[event.status].after_commit:
            with _handler():
                after_commit(payment, event)
        return callback, after_change(callback, payment.status, now())
    except LeaseLost:
        log.info("callback %s: the lease was lost", callback.id)
    except Exception as error:
        if is_transient(error):
            raise
        _fail(callback, error)
    return None


def _settle(callback: Callback, seen: Payment) -> Owed | None:
    """Ask KryptoGO and decide, again where another worker was faster."""
    while True:
        intent = get_intent(callback.payment_intent_id)
        try:
            return transaction(partial(_decide, callback, seen, intent))
        except Overtaken as overtaken:
            seen = overtaken.payment


def _decide(callback: Callback, seen: Payment, intent: Intent | None, tx: Tx) -> Owed | None:
    """Settle. Raises Overtaken where the payment is not as `seen` before KryptoGO was asked.

    No time is compared with the clock: clocks that differ cannot mislead it.
    """
    at = now()
    payment, paid = lock(tx, seen, at)
    if payment.last_verified_at != seen.last_verified_at:
        raise Overtaken(payment)
    case = Case(callback, payment, paid, intent, settings().environment, at)
    verdict = judge(case)
    if intent and verdict is None:
        event = event_of(payment, Status(intent.status), paid, callback.claimed_status, intent)
        if changed := change_to(tx, payment, event, at, callback):
            applied = replace(callback, applied_status=event.status)
            if BY_STATUS[event.status].after_commit is None:
                _finish(tx, callback, after_change(applied, event.status, at), at)
                return None
            # Its own attempts begin, and the first of them is under way.
            owed = replace(applied, state=State.APPLIED, attempts=1, lease_until=at + LEASE)
            if not store.update_callback(tx, callback, owed):
                raise LeaseLost
            return owed, changed, event
        verdict = applied_before(case)
    if verdict:
        _leave(tx, case, verdict)
    return None


def lock(tx: Tx, seen: Payment, at: datetime) -> tuple[Payment, bool]:
    """The payment as it is, its whole order locked; whether another of the order has succeeded."""
    locked = store.lock_order(tx, seen.order_id, at)
    payment = locked.pop(seen.payment_intent_id)
    return payment, any(other.status == Status.SUCCESS for other in locked.values())


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
        with uncommitted(tx):
            BY_STATUS[event.status].apply(tx, changed, event)
    return changed


def _answers(tx: Tx, payment: Payment, status: Status) -> bool:
    """Whether KryptoGO's `status` settles what a person was called for.

    A success or a refund that was held is not answered by anything else: its money has moved.
    """
    held = _held(tx, payment.payment_intent_id, payment.review_reason)
    return not held & (set(FINAL) - {status})


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
        for entry in store.history_of(intent_id, tx)
        if entry["outcome"] == Move.HOLD and entry["detail"].get("reason") == why
    }


def _event(callback: Callback) -> PaymentEvent:
    """What `after_commit` was to be told before a failure or a crash, as the history has it."""
    history = store.history_of(callback.payment_intent_id)
    told = [one["detail"] for one in reversed(history) if one["outcome"] == Move.APPLY]
    detail = next(detail for detail in told if detail["status"] == callback.applied_status)
    event = {name: detail[name] for name in PaymentEvent.__dataclass_fields__}
    event["status"], event["from_status"] = Status(event["status"]), Status(event["from_status"])
    return PaymentEvent(**event)


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


def finish(tx: Tx, finished: list[Finished], at: datetime) -> None:
    """Write down what `process` gave, but for callbacks that another worker has by now."""
    for callback, then in finished:
        with suppress(LeaseLost):
            _finish(tx, callback, then, at)


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
    transaction(partial(_write_failure, callback, failed, at))
    dead = failed.state == State.DEAD
    then = "given up" if dead else f"tried again at {failed.next_attempt_at:%H:%M:%S} UTC"
    what = f"{callback.status}{'' if callback.state == State.PENDING else ', after_commit'}"
    new = callback.attempts <= 1 or callback.last_error != storable
    of_handler = new and not isinstance(error, ProviderError)
    log.log(
        logging.ERROR if dead else logging.WARNING,
        "intent %s: %s failed, %s: %s",
        *(callback.payment_intent_id, what, then, told),
        exc_info=without_values(error.__cause__ or error) if of_handler else None,
    )


def _write_failure(callback: Callback, failed: Callback, at: datetime, tx: Tx) -> None:
    written = store.update_callback(tx, callback, released(failed, at))
    if written and failed.state == State.DEAD:
        row = {
            "to_status": callback.applied_status,
            "detail": {"claimed_status": callback.claimed_status, "reason": failed.last_error},
        }
        store.append_history(tx, callback.payment_intent_id, "dead", callback, **row)
