"""What the rules' extras are here: the database itself, and the instrumented handlers."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from tests.conformance.harness.faults import Faults
from tests.conformance.harness.records import PAYMENTS, Records

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from kgscaffold.verify.extras import Fault
    from tests.conformance.harness.database import Database, DatabaseServer, Row

_FLAGS = ("late", "skipped", "order_already_paid")


class HandlerEffects:
    """The table `effects`, and the folder that the handlers look into."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._faults = Faults(folder)
        self._faults.prepare()

    def left(self, intents: Iterable[str]) -> dict[str, list[Row]]:
        """Give what the handlers of each intent left, in order."""
        found: dict[str, list[Row]] = defaultdict(list)
        rows = self._database.find("effects")
        for row in sorted(rows, key=lambda row: int(row["id"])):
            flags = {name: bool(row[name]) for name in _FLAGS}
            found[row["payment_intent_id"]].append({**row, **flags})
        return {intent: found[intent] for intent in intents}

    def counted(self, intents: Iterable[str]) -> dict[tuple[str, str], int]:
        """Give how often each (intent, status) took effect."""
        left = self.left(intents)
        rows = [(intent, row["status"]) for intent in left for row in left[intent]]
        return dict(Counter(rows))

    def order(
        self, intent: str = "any", apply: Fault | None = None, after_commit: Fault | None = None
    ) -> None:
        """Let the handlers of `intent` (default: of every other one) suffer these."""
        self._faults.order(intent, apply, after_commit)

    def lift(self, intent: str = "any") -> None:
        """No fault any more."""
        self._faults.lift(intent)

    def calls(self, intent: str, stage: str = "apply") -> int:
        """Give how often the handler function was called for this intent."""
        return self._faults.attempts(intent, stage)

    def announced(self, *intents: str) -> list[tuple[str, str]]:
        """Give every `after_commit` of theirs that succeeded, in order."""
        return self._faults.announced(*intents)


class RecordedClock:
    """Times are moved by hand in the rows."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._records = Records(database)

    def age(self, intent: str, seconds: float, status: str | None = None) -> None:
        """Let the callback (all of the intent's, without `status`) be older than it is."""
        self._records.age_callback(intent, seconds, status)

    def age_lease(self, intent: str, status: str) -> None:
        """Let the last attempt, and the last delivery, have been eleven seconds ago."""
        self._records.age_lease(intent, status)

    def pass_waits(self, intent: str, status: str, seconds: float) -> None:
        """Let `seconds` pass before each further attempt; returns when the callback is closed."""
        self._records.pass_waits(intent, status, seconds)

    def expire_leases(self) -> None:
        """Let every lease end now."""
        self._records.expire_leases()

    def make_due(self, intents: Iterable[str]) -> None:
        """Let the next check of these payments be due."""
        for intent in intents:
            found = self._database.find(PAYMENTS, payment_intent_id=intent)
            due = {"next_check_at": found[0]["created_at"]}
            self._database.update(PAYMENTS, due, payment_intent_id=intent)

    def move_deadline(self, intent: str, seconds: float) -> None:
        """Let the payment's deadline be so much later."""
        self._records.move_deadline(intent, seconds)


class DatabaseOutage:
    """What the server of one database can be made to suffer."""

    def __init__(self, server: DatabaseServer, database: Database) -> None:
        self._server = server
        self._database = database

    def away(self) -> AbstractContextManager[None]:
        """Out of reach until the exit."""
        return self._server.away(self._database)

    def frozen(self) -> AbstractContextManager[None]:
        """Takes statements, and answers none until the exit."""
        return self._server.frozen(self._database)

    def locked(self, seconds: float) -> AbstractContextManager[None]:
        """Closed to every other writer until the exit."""
        return self._database.lock(seconds)

    def reading(self, table: str) -> AbstractContextManager[None]:
        """Read by a transaction that stays open until the exit."""
        return self._database.reading(table)

    def refusing(self, table: str) -> AbstractContextManager[None]:
        """Without updates of the table until the exit."""
        return self._database.refusing(table)

    def drop_column(self, table: str, column: str) -> None:
        """Remove a column, as if the migration that makes it had not been run."""
        self._database.drop_column(table, column)
