"""What only a test harness can give an app under proof. All of it may take a while: use threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    from kgscaffold.verify.shown import Row

ALWAYS = -1


@dataclass(frozen=True)
class Fault:
    """What a handler function suffers: the first `fail` calls raise, every call sleeps first."""

    fail: int = 0
    sleep: float = 0
    ends: str = ""
    """How it ends the transaction itself: `commit` or `rollback`; it must not."""
    looks_up: bool = False
    """It reads its order on a connection of its own, besides the transaction's."""


class Effects(Protocol):
    """Handlers that leave a row when they take effect, and suffer what is ordered."""

    def left(self, intents: Iterable[str]) -> dict[str, list[Row]]:
        """Give what the handlers of each intent left, in order."""

    def counted(self, intents: Iterable[str]) -> dict[tuple[str, str], int]:
        """Give how often each (intent, status) took effect."""

    def order(
        self, intent: str = "any", apply: Fault | None = None, after_commit: Fault | None = None
    ) -> None:
        """Let the handlers of `intent` (default: of every other one) suffer these."""

    def lift(self, intent: str = "any") -> None:
        """No fault any more."""

    def calls(self, intent: str, stage: str = "apply") -> int:
        """Give how often the handler function was called for this intent."""

    def announced(self, *intents: str) -> list[tuple[str, str]]:
        """Give every `after_commit` of theirs that succeeded, as (intent, status), in order."""


class Clock(Protocol):
    """Moves times in the database."""

    def age(self, intent: str, seconds: float, status: str | None = None) -> None:
        """Let the callback (all of the intent's, without `status`) be older than it is."""

    def age_lease(self, intent: str, status: str) -> None:
        """Let the last attempt, and the last delivery, have been eleven seconds ago."""

    def pass_waits(self, intent: str, status: str, seconds: float) -> None:
        """Let `seconds` pass before each further attempt; returns when the callback is closed."""

    def expire_leases(self) -> None:
        """Let every lease end now."""

    def make_due(self, intents: Iterable[str]) -> None:
        """Let the next check of these payments be due."""

    def move_deadline(self, intent: str, seconds: float) -> None:
        """Let the payment's deadline be so much later."""


class Rows(Protocol):
    """The contract's tables."""

    def find(self, table: str, **equals: object) -> list[Row]:
        """Give the rows whose columns have these values."""

    def count(self, table: str, **equals: object) -> int:
        """Give how many rows have these values."""

    def update(self, table: str, values: Row, **equals: object) -> None:
        """Set columns of the rows that have these values."""

    def copy(self, table: str, column: str, value: str, others: Iterable[str]) -> None:
        """Add copies of the row with this value, with one of the others each, and ids of theirs."""

    def shift(self, table: str, seconds: float, *columns: str, **equals: object) -> None:
        """Move times, where they are not null."""


class Outage(Protocol):
    """What befalls a database."""

    def away(self) -> AbstractContextManager[None]:
        """Out of reach until the exit."""

    def frozen(self) -> AbstractContextManager[None]:
        """Takes statements, and answers none until the exit."""

    def locked(self, seconds: float) -> AbstractContextManager[None]:
        """Closed to every other writer, by another process, for `seconds` or until the exit."""

    def reading(self, table: str) -> AbstractContextManager[None]:
        """Read by a transaction that stays open until the exit."""

    def refusing(self, table: str) -> AbstractContextManager[None]:
        """Without updates of the table until the exit, as a full disk or a standby is."""

    def drop_column(self, table: str, column: str) -> None:
        """Remove a column, as if the migration that makes it had not been run."""


@dataclass(frozen=True)
class Extras:
    """Those that there are."""

    effects: Effects | None = None
    clock: Clock | None = None
    rows: Rows | None = None
    outage: Outage | None = None
