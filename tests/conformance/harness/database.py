"""What the suite needs of a database. One small class per database gives it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

Row = dict[str, Any]


class Database(Protocol):
    """One shop's database, seen from outside the app."""

    url: str
    """What the app is given as DATABASE_URL."""

    def find(self, table: str, **equals: object) -> list[Row]:
        """The rows whose columns have these values."""

    def count(self, table: str, **equals: object) -> int:
        """How many rows have these values."""

    def insert(self, table: str, *rows: Row) -> None:
        """Add rows."""

    def copy(self, table: str, column: str, value: str, others: Iterable[str]) -> None:
        """Add copies of the row with this value, with one of the others each, and ids of theirs."""

    def update(self, table: str, values: Row, **equals: object) -> None:
        """Set columns of the rows that have these values."""

    def shift(self, table: str, seconds: float, *columns: str, **equals: object) -> None:
        """Move times, where they are not null, by `seconds` (negative: into the past)."""

    def lock(self, seconds: float) -> AbstractContextManager[None]:
        """Keep every other writer out, from another process, for `seconds` or until the exit."""

    def reading(self, table: str) -> AbstractContextManager[None]:
        """Keep a transaction open that has begun to read the table."""

    def refusing(self, table: str) -> AbstractContextManager[None]:
        """Refuse every update of the table until the exit, as a full disk or a standby does."""

    def drop_column(self, table: str, column: str) -> None:
        """Remove a column, as if the migration that makes it had not been run."""

    def schema(self) -> dict[str, list[str]]:
        """What there is, by table, in the database's own words: columns, indexes, constraints."""

    def drop(self) -> None:
        """Remove the database."""


class DatabaseServer(Protocol):
    """Gives out fresh, migrated databases."""

    def prepare(self, migrate: Callable[[str], None]) -> None:
        """Make the migrated template that `fresh` copies; `migrate` is given a DATABASE_URL."""

    def fresh(self, name: str, *, migrated: bool = True) -> Database:
        """A new database: a copy of the template, or empty."""

    def away(self, database: Database) -> AbstractContextManager[None]:
        """The database is out of reach until the exit."""

    def frozen(self, database: Database) -> AbstractContextManager[None]:
        """The database takes connections and statements, and answers none until the exit."""

    def close(self) -> None:
        """Remove the server."""


def by_table(rows: Iterable[Row]) -> dict[str, list[str]]:
    """The texts of rows that have the columns `of` and `text`, sorted, by `of`."""
    tables: dict[str, list[str]] = {}
    for row in rows:
        tables.setdefault(row["of"], []).append(row["text"])
    return {name: sorted(texts) for name, texts in tables.items()}


def copies(row: Row, column: str, others: Iterable[str]) -> list[Row]:
    """The row once for each of the others, with ids of their own, documents as texts."""
    kept = {name: json.dumps(v) if isinstance(v, dict) else v for name, v in row.items()}
    return [{**kept, "id": token_hex(16), column: other} for other in others]


def as_time(value: object) -> datetime:
    """A stored time as an aware datetime, however the database gives it."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value / 1000 if value > 1e11 else value, UTC)
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def as_json(value: object) -> Any:
    """A stored JSON document, whether the database gives it parsed or as text."""
    return json.loads(value) if isinstance(value, str) else value
