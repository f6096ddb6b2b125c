# kgscaffold:id=core/dialect
"""What is SQLite's own: its statements, types and errors, and its one writer at a time."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from decimal import Context, Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from ..config import sessions
from .concurrency import Lock

UNAVAILABLE = (SQLAlchemyError, OSError)
TURN_SECONDS = 5
EXACT = Context(prec=100)


def is_transient(error: BaseException) -> bool:
    """Whether the same transaction may well succeed when it is tried again."""
    code: int = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0)
    busy = code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return busy or isinstance(error, PoolTimeout)


# The writers of this process in line. Left to poll for SQLite's lock, they starve one another.
# Acknowledgements stand in `line`. All others first wait for the one place among them, so that at
# most one is ahead of an acknowledgement, and none waits for ever.
line, place = Lock(), Lock()


@contextmanager
def begin(*, urgent: bool = False) -> Iterator[Session]:
    """A transaction that writes, when it is its turn; `urgent` for an acknowledgement.

    Raises PoolTimeout where that does not come within 5 s. The engine's busy timeout comes on top:
    it bounds the wait for other processes, and for sessions that do not begin here.
    """
    with ExitStack() as turn:
        try:
            if not urgent:
                turn.enter_context(place.held(TURN_SECONDS))
            turn.enter_context(line.held(TURN_SECONDS))
        except TimeoutError:
            raise PoolTimeout(f"other writers took over {TURN_SECONDS} s") from None
        yield turn.enter_context(sessions.begin())


def acknowledging() -> AbstractContextManager[Session]:
    """For the statements of an acknowledgement."""
    return begin(urgent=True)


def reading() -> AbstractContextManager[Session]:
    """A session that only reads. It waits for nobody."""
    return sessions()


def alone(tx: Session) -> None:
    """Nothing: the one writer is alone, as long as it writes before it reads."""


def faults(connection: sa.Connection) -> list[str]:
    """What a person must mend about the tables."""
    return []


class TextAmount(sa.TypeDecorator[str]):
    impl = sa.Text
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else f"{Decimal(value).normalize(EXACT):f}"


class UtcDateTime(sa.TypeDecorator[datetime]):
    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value else None


def amount(precision: int, scale: int) -> sa.types.TypeEngine[str]:
    """A decimal string, kept as text: SQLite's numbers are floats."""
    return TextAmount()


def utc_time() -> sa.types.TypeEngine[datetime]:
    """An aware UTC time. SQLite keeps no zone, so it is put back on the way out."""
    return UtcDateTime()


def identifier(length: int) -> sa.types.TypeEngine[str]:
    """Text that is compared byte by byte."""
    return sa.String(length)


def insert_new(table: sa.Table) -> sa.Insert:
    """An INSERT that leaves the row of a key that is taken alone: its row count is 0."""
    return insert(table).on_conflict_do_nothing()


def accepting(
    callbacks: sa.Table, registered: sa.Exists
) -> Callable[[Session, Mapping[str, object]], str | None]:
    """What stores a new callback in one statement, for `store.accept`; it gives the new state."""
    state = sa.case((registered, "pending"), else_="unregistered")
    statement = insert_new(callbacks).values(state=state).returning(callbacks.c.state)

    def accept(tx: Session, row: Mapping[str, object]) -> str | None:
        stored: str | None = tx.execute(statement, row).scalar_one_or_none()
        return stored

    return accept


def returning(
    update: sa.Update, found: sa.Select[Any]
) -> Callable[[Session, Mapping[str, object]], Sequence[sa.Row[Any]]]:
    """What runs the update, and gives the columns of `found`, of the rows that it changed."""
    statement = update.returning(*found.selected_columns)

    def run(tx: Session, values: Mapping[str, object]) -> Sequence[sa.Row[Any]]:
        return tx.execute(statement, values).all()

    return run
