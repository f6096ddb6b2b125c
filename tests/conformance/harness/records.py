"""What a shop's database records of its payments: the contract's tables, and the effects."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tests.conformance.harness.database import as_time
from tests.conformance.harness.waiting import until

if TYPE_CHECKING:
    from tests.conformance.harness.database import Database, Row

PAYMENTS = "kryptogo_payments"
CALLBACKS = "kryptogo_callbacks"
HISTORY = "kryptogo_payment_history"
_CALLBACK_TIMES = (
    "next_attempt_at",
    "lease_until",
    "ahead_since",
    "first_received_at",
    "last_received_at",
    "processed_at",
)


class Records:
    """Reads, and in few places moves the times of, one shop's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def payment(self, intent: str) -> Row:
        """The registered payment; raises ValueError if there is none."""
        (row,) = self._database.find(PAYMENTS, payment_intent_id=intent)
        return row

    def payments_of(self, order: str) -> list[Row]:
        """The payments of an order."""
        return self._database.find(PAYMENTS, order_id=order)

    def status(self, intent: str) -> str:
        """The payment's status."""
        return str(self.payment(intent)["status"])

    def callbacks(self, intent: str) -> dict[str, Row]:
        """The stored callbacks by their key's status."""
        rows = self._database.find(CALLBACKS, payment_intent_id=intent)
        return {row["status"]: row for row in rows}

    def state(self, intent: str, status: str) -> str | None:
        """The state of one callback, or None when it is not stored."""
        row = self.callbacks(intent).get(status)
        return None if row is None else str(row["state"])

    def closed(self, intent: str, status: str) -> Row | None:
        """The callback when nothing is owed to it any more."""
        row = self.callbacks(intent).get(status)
        return row if row and row["state"] in ("done", "rejected", "dead") else None

    def history(self, intent: str) -> list[Row]:
        """The decisions, oldest first."""
        rows = self._database.find(HISTORY, payment_intent_id=intent)
        return sorted(rows, key=lambda row: as_time(row["created_at"]))

    def outcomes(self, intent: str) -> list[str]:
        """The outcomes in the history, without `registered`."""
        outcomes = [str(row["outcome"]) for row in self.history(intent)]
        return [outcome for outcome in outcomes if outcome != "registered"]

    def applied(self, intent: str) -> list[str]:
        """The statuses applied, in order."""
        statuses = [row["applied_status"] for row in self.history(intent)]
        return [str(status) for status in statuses if status is not None]

    def effects(self, intent: str) -> list[Row]:
        """What the handlers left, in order."""
        rows = self._database.find("effects", payment_intent_id=intent)
        return sorted(rows, key=lambda row: int(row["id"]))

    def effect_statuses(self, intent: str) -> list[str]:
        """The statuses whose handlers left an effect, in order."""
        return [str(row["status"]) for row in self.effects(intent)]

    def all_effects(self) -> Counter[tuple[str, str]]:
        """How often each (intent, status) took effect, of all intents."""
        rows = self._database.find("effects")
        return Counter((row["payment_intent_id"], row["status"]) for row in rows)

    def all_applied(self) -> Counter[tuple[str, str]]:
        """How often each (intent, status) is applied in the history, of all intents."""
        rows = self._database.find(HISTORY)
        return Counter(
            (row["payment_intent_id"], row["applied_status"])
            for row in rows
            if row["applied_status"] is not None
        )

    def await_status(self, intent: str, status: str, within: float = 20) -> None:
        """Return when the payment has the status."""
        until(
            lambda: self.status(intent) == status,
            within,
            why=lambda: f"{intent} is {status}; {self.history(intent)}, {self.callbacks(intent)}",
        )

    def await_closed(self, intent: str, status: str, within: float = 20) -> Row:
        """The callback, when nothing is owed to it any more."""
        return until(
            lambda: self.closed(intent, status),
            within,
            why=lambda: f"{status} of {intent} is closed; {self.callbacks(intent)}",
        )

    def age_callback(self, intent: str, seconds: float, status: str | None = None) -> None:
        """Let the callback (all of the intent's, without `status`) be older than it is."""
        chosen = {"payment_intent_id": intent, **({"status": status} if status else {})}
        row = self._database.find(CALLBACKS, **chosen)[0]
        times = [name for name in _CALLBACK_TIMES if name in row]
        self._database.shift(CALLBACKS, -seconds, *times, **chosen)

    def set_clock_back(self, intent: str, seconds: float) -> None:
        """Let all times of the intent's callbacks be of a clock that was so much ahead."""
        self.age_callback(intent, -seconds)

    def move_deadline(self, intent: str, seconds: float) -> None:
        """Let the payment's deadline be so much later, or sooner."""
        self._database.shift(PAYMENTS, seconds, "payment_deadline", payment_intent_id=intent)

    def age_lease(self, intent: str, status: str) -> None:
        """Let the last attempt have ended eleven seconds ago."""
        chosen = {"payment_intent_id": intent, "status": status}
        self._database.shift(CALLBACKS, -11, "lease_until", "last_received_at", **chosen)

    def pass_waits(self, intent: str, status: str, seconds: float) -> Row:
        """Let `seconds` pass before each further attempt at once; the closed callback."""
        for _ in range(30):
            before = self.callbacks(intent)[status]
            if before["state"] in ("done", "rejected", "dead"):
                return before
            self.age_callback(intent, seconds, status)
            self._await_attempt(intent, status, int(before["attempts"]))
        raise AssertionError(f"{status} of {intent} is never closed: {self.callbacks(intent)}")

    def _await_attempt(self, intent: str, status: str, before: int) -> None:
        def ended() -> bool:
            row = self.callbacks(intent)[status]
            return row["attempts"] > before and row["lease_token"] is None

        until(ended, 120, why=lambda: f"{status} is tried again; {self.callbacks(intent)}")

    def expire_leases(self) -> None:
        """Let every lease end now."""
        self._database.shift(CALLBACKS, -130, "lease_until")
