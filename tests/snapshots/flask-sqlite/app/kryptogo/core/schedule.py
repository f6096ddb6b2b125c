# kgscaffold:id=core/schedule
"""When a callback is looked at again, and when a payment: pure functions of a row and a time.

They give the row as it should be; the store writes what differs, if the row is as it was seen.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from .model import RECHECK, Callback, Delivery, Payment, State, Status

WAITING = (State.PENDING, State.APPLIED)
FINAL = (Status.SUCCESS, Status.INSUFFICIENT_REFUNDED)
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


def opened(callback: Callback, at: datetime) -> Callback:
    """It is owed its work anew, from `at` on: `after_commit` only, if it died after a change."""
    died_after_change = callback.state == State.DEAD and callback.applied_status
    return replace(
        callback,
        state=State.APPLIED if died_after_change else State.PENDING,
        outcome=None,
        attempts=0,
        ahead_since=None,
        next_attempt_at=at,
    )


def closed(callback: Callback, state: State, outcome: str, at: datetime) -> Callback:
    """Nothing is owed to it any more."""
    return replace(callback, state=state, outcome=outcome, processed_at=at)


def released(callback: Callback, at: datetime) -> Callback:
    """Its lease ends; `lease_until` keeps when."""
    return replace(callback, lease_token=None, lease_until=at)


def delivered_again(callback: Callback, delivery: Delivery, at: datetime) -> Callback:
    """After one more delivery, which opens what is closed, and makes due what waits."""
    claimed, payload = delivery.claimed_status, delivery.payload
    told = replace(callback, claimed_status=claimed, payload=payload, last_received_at=at)
    looked_at_lately = callback.lease_until is not None and callback.lease_until > at - PAUSE
    due = at + PAUSE if looked_at_lately else at
    if _opens(callback, at):
        return opened(told, due)
    if callback.state in WAITING and callback.next_attempt_at > due:
        return replace(told, next_attempt_at=due)
    return told


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


def after_failure(callback: Callback, error: str, at: datetime) -> Callback:
    """After an error of the provider or of a handler: tried again, or `dead` after the last."""
    failed = replace(callback, last_error=error)
    if callback.attempts > len(RETRY_SECONDS):
        return closed(failed, State.DEAD, "dead", at)
    return replace(failed, next_attempt_at=at + wait_after(callback.attempts))


def after_lag(callback: Callback, at: datetime) -> Callback | None:
    """Its claim is ahead of KryptoGO: looked at again, or None when it has been given its time."""
    since = callback.ahead_since or at
    if at >= since + AHEAD_FOR:
        return None
    again = min(at + wait_after(callback.attempts), since + AHEAD_FOR)
    return replace(callback, state=State.PENDING, ahead_since=since, next_attempt_at=again)


def next_check(payment: Payment, status: Status, at: datetime) -> datetime | None:
    """When reconcile looks at `payment`, by now `status`; None where it is not to move any more."""
    age, changed = at - payment.created_at, status != payment.status
    long_expired = at - CHECK_EXPIRED_FOR > payment.payment_deadline and not changed
    if status in FINAL or age >= GIVE_UP_AFTER or (status == Status.EXPIRED and long_expired):
        return None
    if status == Status.PENDING and at < payment.payment_deadline:
        return payment.payment_deadline
    return at + (CHECK_AFTER if changed else max(CHECK_AFTER, age / 10))
