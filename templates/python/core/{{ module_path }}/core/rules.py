# kgscaffold:id=core/transitions
"""The rules: pure functions of rows and a time. None of them reads a clock or a database."""

from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum, StrEnum, auto

from .model import RECHECK, Callback, CallbackChange, Delivery, Intent, Payment, State, Status

REACHES: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset(Status) - {Status.PENDING},
    Status.EXPIRED: frozenset(
        {Status.SUCCESS, Status.INSUFFICIENT_NOT_REFUNDED, Status.INSUFFICIENT_REFUNDED}
    ),
    Status.INSUFFICIENT_NOT_REFUNDED: frozenset({Status.SUCCESS, Status.INSUFFICIENT_REFUNDED}),
    Status.INSUFFICIENT_REFUNDED: frozenset(),
    Status.SUCCESS: frozenset(),
}
"""Every status that may follow, directly or not."""
FINAL = (Status.SUCCESS, Status.INSUFFICIENT_REFUNDED)
WAITING = (State.PENDING, State.APPLIED)

RETRY_SECONDS = (2, 10, 30, 120, 600, 1800, 3600, 10800, 21600)
"""The waits after the first, second, … attempt since a callback was opened."""
ANY_NUMBER = 1_000_000
AHEAD_FOR = timedelta(minutes=3)
"""So long may KryptoGO's answer lag behind what its callback claims."""
LEASE = timedelta(seconds=120)
PAUSE = timedelta(seconds=10)
"""Deliveries bring the next look at an intent forward, but not closer than this to the last."""
REOPEN_AFTER = timedelta(minutes=1)
CHECK_AFTER = timedelta(minutes=10)
CHECK_EXPIRED_FOR = timedelta(hours=48)
GIVE_UP_AFTER = timedelta(days=30)


class Move(StrEnum):
    """What is to be done; in the history, its outcome."""

    APPLY = "applied"
    SAME = "duplicate"
    STALE = "stale"
    HOLD = "conflict"


class Claim(Enum):
    REACHED = auto()
    AHEAD = auto()
    UNRELATED = auto()


def decide(ours: Status, theirs: Status) -> Move:
    """What KryptoGO's status means for ours: never downgrade what is paid, nor fulfil a refund."""
    if theirs == ours:
        return Move.SAME
    if theirs in REACHES[ours]:
        return Move.APPLY
    downgrade = ours == Status.SUCCESS and theirs != Status.PENDING
    fulfilment = ours == Status.INSUFFICIENT_REFUNDED and theirs == Status.SUCCESS
    return Move.HOLD if downgrade or fulfilment else Move.STALE


def settle_claim(claim: Status | None, ours: Status, theirs: Status) -> Claim:
    """Where a claim stands once our status is settled. AHEAD is API lag, or a forgery."""
    if claim is None or claim == ours or ours in REACHES[claim]:
        return Claim.REACHED
    if claim in REACHES[theirs]:
        return Claim.AHEAD
    return Claim.UNRELATED


def decimal(text: str | None) -> Decimal | None:
    """The finite amount in `text`, or None."""
    try:
        number = Decimal(text) if text is not None else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def mismatch(payment: Payment, intent: Intent, environment: str, order_data_key: str) -> str | None:
    """Why `intent` must not change `payment`, as a reason for review, or None where all agrees."""
    amount = decimal(intent.fiat_amount)
    order_id = (intent.order_data or {}).get(order_data_key)
    received, due = decimal(intent.received_crypto_amount), decimal(intent.crypto_amount)
    if intent.payment_intent_id != payment.payment_intent_id:
        return "intent_id_mismatch"
    if intent.client_id not in (None, payment.client_id):
        return "client_id_mismatch"
    if payment.environment != environment:
        return "environment_mismatch"
    if amount is None or intent.fiat_currency is None:
        return "unverifiable"
    if amount != Decimal(payment.expected_fiat_amount):
        return "amount_mismatch"
    if intent.fiat_currency != payment.fiat_currency:
        return "currency_mismatch"
    if order_id is not None and str(order_id) != payment.order_id:
        return "order_id_mismatch"
    if intent.status == Status.SUCCESS and received is not None and due is not None:
        return "received_below_due" if received < due else None
    return None


def opened(callback: Callback, at: datetime) -> CallbackChange:
    """The callback is owed its work anew: `after_commit` only, if it died after a change."""
    died_after_change = callback.state == State.DEAD and callback.applied_status
    return {
        "state": State.APPLIED if died_after_change else State.PENDING,
        "outcome": None,
        "attempts": 0,
        "ahead_since": None,
        "next_attempt_at": at,
    }


def closed(state: State, outcome: str, at: datetime) -> CallbackChange:
    """Nothing is owed to the callback any more."""
    return {"state": state, "outcome": outcome, "processed_at": at}


def delivered_again(callback: Callback, delivery: Delivery, at: datetime) -> CallbackChange:
    """What one more delivery changes: it opens what is closed, and what waits is due now."""
    change: CallbackChange = {
        "claimed_status": delivery.claimed_status,
        "payload": delivery.payload,
        "last_received_at": at,
    }
    looked_at_lately = callback.lease_until is not None and callback.lease_until > at - PAUSE
    due = at + PAUSE if looked_at_lately else at
    if _opens(callback, at):
        return {**change, **opened(callback, due)}
    if callback.state in WAITING and callback.next_attempt_at > due:
        return {**change, "next_attempt_at": due}
    return change


def _opens(callback: Callback, at: datetime) -> bool:
    if callback.state in (State.REJECTED, State.DEAD):
        return True
    if callback.state != State.DONE or callback.processed_at is None:
        return False
    if callback.status == RECHECK:
        return True
    never_applied = callback.outcome in ("stale", "unrelated", "conflict")
    return never_applied and callback.processed_at <= at - REOPEN_AFTER


def wait_after(attempts: int) -> timedelta:
    """The wait after so many attempts; the last of the schedule after any more."""
    return timedelta(seconds=(0, *RETRY_SECONDS)[min(attempts, len(RETRY_SECONDS))])


def latest_attempts(at: datetime) -> dict[int, datetime]:
    """The latest time of the next attempt, by the greatest number of attempts it holds for.

    What is further ahead was put there by a clock that was set back since.
    """
    spare = timedelta(minutes=2)
    numbers = (*range(len(RETRY_SECONDS)), ANY_NUMBER)
    return {number: at + wait_after(number) + spare for number in numbers}


def after_failure(callback: Callback, error: str, at: datetime) -> CallbackChange:
    """The next try after an error of the provider or of a handler; `dead` after the last."""
    if callback.attempts > len(RETRY_SECONDS):
        return {**closed(State.DEAD, "dead", at), "last_error": error}
    return {"next_attempt_at": at + wait_after(callback.attempts), "last_error": error}


def after_lag(callback: Callback, at: datetime) -> CallbackChange | None:
    """The claim is ahead of KryptoGO: the next look, or None when it has been given its time."""
    since = callback.ahead_since or at
    if at >= since + AHEAD_FOR:
        return None
    again = min(at + wait_after(callback.attempts), since + AHEAD_FOR)
    return {"state": State.PENDING, "ahead_since": since, "next_attempt_at": again}


def after_change(
    callback: Callback, status: Status, applied: Status, at: datetime
) -> CallbackChange:
    """What is owed to a callback once all of a change is done, and its payment is `status`."""
    claim = settle_claim(callback.claim, status, status)
    if claim is Claim.AHEAD:  # its time begins anew, with this look as the first
        return {
            "state": State.PENDING,
            "attempts": 1,
            "applied_status": applied,
            "ahead_since": at,
            "next_attempt_at": at + wait_after(1),
        }
    outcome = "applied" if callback.claim in (None, applied) else "stale"
    if claim is Claim.UNRELATED:
        outcome = "unrelated"
    return {**closed(State.DONE, outcome, at), "applied_status": applied}


def next_check(payment: Payment, status: Status, at: datetime) -> datetime | None:
    """When reconcile looks at `payment`, by now `status`; None where it is not to move any more."""
    age, changed = at - payment.created_at, status != payment.status
    long_expired = at - CHECK_EXPIRED_FOR > payment.payment_deadline and not changed
    if status in FINAL or age >= GIVE_UP_AFTER or (status == Status.EXPIRED and long_expired):
        return None
    if status == Status.PENDING and at < payment.payment_deadline:
        return payment.payment_deadline
    return at + (CHECK_AFTER if changed else max(CHECK_AFTER, age / 10))
