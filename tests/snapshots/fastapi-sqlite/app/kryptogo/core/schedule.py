# kgscaffold:id=core/schedule
"""When a callback is tried again, and when a payment is looked at again."""

from datetime import datetime, timedelta
from typing import Any

from .model import Callback, Payment, State, Status, now

LAG_SECONDS = (2, 5, 10, 30, 60, 75)
LAG_WINDOW = timedelta(minutes=3)
FAILURE_SECONDS = (2, 10, 30, 120, 600, 1800, 3600, 10800, 21600)
CHECK_AFTER = timedelta(minutes=10)
CHECK_EXPIRED_FOR = timedelta(hours=48)
GIVE_UP_AFTER = timedelta(days=30)
FINAL = (Status.SUCCESS, Status.INSUFFICIENT_REFUNDED)
COUNTERS = ("lag_attempts", "provider_attempts", "handler_attempts")


def opened(state: object = State.PENDING, at: object = None) -> dict[str, Any]:
    """A callback to which everything is owed anew, at once; `at` is now unless given."""
    at, none_yet = now() if at is None else at, dict.fromkeys(COUNTERS, 0)
    return {"state": state, "outcome": None, "opened_at": at, "next_attempt_at": at, **none_yet}


def closed(state: State, outcome: str) -> dict[str, Any]:
    """A callback to which nothing is owed any more."""
    return {"state": state, "outcome": outcome, "processed_at": now()}


def after_lag(callback: Callback, at: datetime) -> dict[str, Any] | None:
    """The claim is ahead of KryptoGO: the next look, or None when it has been given its time."""
    number = callback.lag_attempts
    if number >= len(LAG_SECONDS) and at - callback.opened_at >= LAG_WINDOW:
        return None
    wait = timedelta(seconds=LAG_SECONDS[min(number, len(LAG_SECONDS) - 1)])
    return {"lag_attempts": number + 1, "next_attempt_at": at + wait}


def after_failure(callback: Callback, counter: str, error: str) -> dict[str, Any]:
    """The next try after an error of the provider or of a handler; `dead` after the last."""
    number: int = getattr(callback, counter)
    if number >= len(FAILURE_SECONDS):
        return {**closed(State.DEAD, "dead"), "last_error": error}
    again = now() + timedelta(seconds=FAILURE_SECONDS[number])
    return {counter: number + 1, "next_attempt_at": again, "last_error": error}


def longest_wait(failures: int) -> timedelta:
    """How far ahead the next attempt may be after so many failures, and two minutes for the lag.

    What is further ahead was put there by a clock that was set back since.
    """
    after_failures = (0, *FAILURE_SECONDS)[min(failures, len(FAILURE_SECONDS))]
    return timedelta(seconds=after_failures + 120)


def next_check(payment: Payment, status: Status, at: datetime) -> datetime | None:
    """When reconcile looks at `payment`, by now `status`; None where it is not to move any more."""
    age, changed = at - payment.created_at, status != payment.status
    long_expired = at - CHECK_EXPIRED_FOR > payment.payment_deadline and not changed
    if status in FINAL or age >= GIVE_UP_AFTER or (status == Status.EXPIRED and long_expired):
        return None
    if status == Status.PENDING and at < payment.payment_deadline:
        return payment.payment_deadline
    return at + (CHECK_AFTER if changed else max(CHECK_AFTER, age / 10))
