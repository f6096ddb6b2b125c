# kgscaffold:id=core/dialect
"""What is SQLite's own: its upsert, its errors, and its one writer at a time."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import lru_cache

from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from ..config import sessions

__all__ = ["UNAVAILABLE", "alone", "begin", "insert", "is_transient", "reading"]

UNAVAILABLE = (SQLAlchemyError, OSError)
TURN_SECONDS = 5


def is_transient(error: BaseException) -> bool:
    """Whether the same transaction may well succeed when it is tried again."""
    code: int = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0)
    busy = code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return busy or isinstance(error, PoolTimeout)


class Writers:
    """The writers of this process in line. Left to poll for SQLite's lock, they starve one another.

    Acknowledgements stand in `line`. All others first wait for the one place among them, so that at
    most one is ahead of an acknowledgement, and none waits for ever.
    """

    def __init__(self) -> None:
        self.line = asyncio.Lock()
        self.place = asyncio.Lock()


@lru_cache(maxsize=1)
def _writers(loop: asyncio.AbstractEventLoop) -> Writers:
    return Writers()


@asynccontextmanager
async def begin(*, urgent: bool = False, single: bool = False) -> AsyncIterator[AsyncSession]:
    """A transaction that writes, when it is its turn; `urgent` for an acknowledgement.

    Raises PoolTimeout where that does not come within 5 s. The engine's busy timeout comes on top:
    it bounds the wait for other processes, and for sessions that do not begin here.
    """
    writers = _writers(asyncio.get_running_loop())
    async with AsyncExitStack() as turn:
        try:
            async with asyncio.timeout(TURN_SECONDS):
                if not urgent:
                    await turn.enter_async_context(writers.place)
                await turn.enter_async_context(writers.line)
        except TimeoutError:
            raise PoolTimeout(f"other writers took over {TURN_SECONDS} s") from None
        yield await turn.enter_async_context(sessions.begin())


def reading() -> AbstractAsyncContextManager[AsyncSession]:
    """A session that only reads. It waits for nobody."""
    return sessions()


async def alone(tx: AsyncSession) -> None:
    """Nothing: the one writer is alone, as long as it writes before it reads."""
