# kgscaffold:id=core/dialect
"""What is PostgreSQL's own: its statements, types and errors. Its writers need not queue."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from decimal import Context, Decimal
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from ..config import sessions

UNAVAILABLE = (SQLAlchemyError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
EXACT = Context(prec=100)


def is_transient(error: BaseException) -> bool:
    """Whether the same transaction may well succeed when it is tried again."""
    state = getattr(getattr(error, "orig", error), "sqlstate", None) or ""
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or isinstance(error, OSError | PoolTimeout) or state.startswith(("08", "40", "57P"))


def begin() -> AbstractAsyncContextManager[AsyncSession]:
    """A transaction that writes."""
    return sessions.begin()


@asynccontextmanager
async def acknowledging() -> AsyncIterator[AsyncSession]:
    """For the statements of an acknowledgement: one round trip each, without BEGIN and COMMIT."""
    async with sessions() as tx:
        await tx.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        yield tx


def reading() -> AbstractAsyncContextManager[AsyncSession]:
    """A session that only reads: as short."""
    return acknowledging()


async def alone(tx: AsyncSession) -> None:
    """Before the first statement: of two that miss what the other writes, one is tried again."""
    await tx.connection(execution_options={"isolation_level": "SERIALIZABLE"})


def faults(connection: sa.Connection) -> list[str]:
    """What a person must mend about the tables."""
    return []


class NumericAmount(sa.TypeDecorator[str]):
    impl = sa.Numeric
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)

    def process_result_value(self, value: Decimal | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else f"{value.normalize(EXACT):f}"


class UtcDateTime(sa.TypeDecorator[datetime]):
    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value else None


def amount(precision: int, scale: int) -> sa.types.TypeEngine[str]:
    """A decimal string, kept as a number."""
    return NumericAmount(precision, scale)


def utc_time() -> sa.types.TypeEngine[datetime]:
    """An aware UTC time: asyncpg gives the end of time without a zone."""
    return UtcDateTime()


def identifier(length: int) -> sa.types.TypeEngine[str]:
    """Text that is compared byte by byte."""
    return sa.String(length)


def insert_new(table: sa.Table) -> sa.Insert:
    """An INSERT that leaves the row of a key that is taken alone: its row count is 0."""
    return insert(table).on_conflict_do_nothing()


def accepting(
    callbacks: sa.Table, registered: sa.Exists
) -> Callable[[AsyncSession, Mapping[str, object]], Awaitable[str | None]]:
    """What stores a new callback in one statement, for `store.accept`; it gives the new state."""
    state = sa.case((registered, "pending"), else_="unregistered")
    statement = insert_new(callbacks).values(state=state).returning(callbacks.c.state)

    async def accept(tx: AsyncSession, row: Mapping[str, object]) -> str | None:
        stored: str | None = (await tx.execute(statement, row)).scalar_one_or_none()
        return stored

    return accept


def returning(
    update: sa.Update, found: sa.Select[Any]
) -> Callable[[AsyncSession, Mapping[str, object]], Awaitable[Sequence[sa.Row[Any]]]]:
    """What runs the update, and gives the columns of `found`, of the rows that it changed."""
    statement = update.returning(*found.selected_columns)

    async def run(tx: AsyncSession, values: Mapping[str, object]) -> Sequence[sa.Row[Any]]:
        return (await tx.execute(statement, values)).all()

    return run
