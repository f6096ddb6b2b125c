# kgscaffold:id=core/dialect
"""What is PostgreSQL's own: its upsert, its errors, and that its writers need not queue."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import asyncpg
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from ..config import sessions

__all__ = ["UNAVAILABLE", "alone", "begin", "insert", "is_transient", "reading"]

UNAVAILABLE = (SQLAlchemyError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


def is_transient(error: BaseException) -> bool:
    """Whether the same transaction may well succeed when it is tried again."""
    state = getattr(getattr(error, "orig", error), "sqlstate", None) or ""
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or isinstance(error, OSError | PoolTimeout) or state.startswith(("08", "40", "57P"))


def begin(
    *, urgent: bool = False, single: bool = False
) -> AbstractAsyncContextManager[AsyncSession]:
    """A transaction that writes, or a `single` statement. Nobody queues, so none is `urgent`."""
    return reading() if single else sessions.begin()


@asynccontextmanager
async def reading() -> AsyncIterator[AsyncSession]:
    """A session whose statements stand alone: one round trip each, without BEGIN and COMMIT."""
    async with sessions() as tx:
        await tx.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        yield tx


async def alone(tx: AsyncSession) -> None:
    """Before the first statement: of two that miss what the other writes, one is tried again."""
    await tx.connection(execution_options={"isolation_level": "SERIALIZABLE"})
