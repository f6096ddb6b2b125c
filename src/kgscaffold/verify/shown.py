"""What `show --json` tells of an intent."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Row = dict[str, Any]
CLOSED = ("done", "rejected", "dead")


@dataclass(frozen=True)
class Shown:
    """One intent: all that is recorded of it, times as ISO texts, amounts as decimal strings."""

    payment: Row
    """Empty where the intent is not registered."""
    callbacks: dict[str, Row]
    """By the status that is their key."""
    history: list[Row]
    order: Row
    """Empty where the orders are not known."""

    @classmethod
    def of(cls, told: Row) -> Shown:
        """Read one object of `show --json`."""
        return cls(
            told["payment"] or {},
            {row["status"]: row for row in told["callbacks"]},
            told["history"],
            told["order"] or {},
        )

    @property
    def status(self) -> str | None:
        """The payment's status."""
        return self.payment.get("status")

    @property
    def needs_review(self) -> bool:
        """It waits for a person."""
        return bool(self.payment.get("needs_review"))

    @property
    def reason(self) -> str:
        """Why it waits for a person; empty where it does not."""
        return self.payment.get("review_reason") or ""

    @property
    def applied(self) -> list[str]:
        """The statuses applied, in order."""
        return [row["applied_status"] for row in self.history if row["applied_status"]]

    @property
    def outcomes(self) -> list[str]:
        """The outcomes in the history, without `registered`."""
        return [row["outcome"] for row in self.history if row["outcome"] != "registered"]

    def callback(self, status: str) -> Row:
        """Give the stored callback of this key, empty if there is none."""
        return self.callbacks.get(status, {})

    def state(self, status: str) -> str | None:
        """Give the state of one callback, None where it is not stored."""
        return self.callback(status).get("state")

    def closed(self, status: str) -> bool:
        """Say whether nothing is owed to this callback any more."""
        return self.state(status) in CLOSED

    def __str__(self) -> str:
        return json.dumps([self.payment, self.callbacks, self.history], default=str)


Test = Callable[[Shown], bool]
"""Whether an intent is as it is waited for."""


def is_closed(*statuses: str) -> Test:
    """Nothing is owed to any of these callbacks."""
    return lambda shown: all(shown.closed(status) for status in statuses)


def has_status(status: str) -> Test:
    """The payment has this status."""
    return lambda shown: shown.status == status


def has_failed(status: str) -> Test:
    """The callback tells an error."""
    return lambda shown: bool(shown.callback(status).get("last_error"))


def as_time(text: str) -> datetime:
    """Give a time as it is written in JSON; one without an offset is in UTC."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
