# kgscaffold:id=core/database
"""Transactions, and which of the database's errors pass by themselves."""

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from ..config import sessions

Tx = AsyncSession
"""What a handler is given: the session, inside the transaction that settles the payment."""

UNAVAILABLE = (SQLAlchemyError, OSError)
RETRY_SECONDS = 45
P = ParamSpec("P")
T = TypeVar("T")


def is_transient(error: BaseException) -> bool:
    """Whether the same transaction may well succeed when it is tried again."""
    code: int = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0)
    busy = code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return busy or isinstance(error, PoolTimeout)


async def in_transaction(
    work: Callable[Concatenate[Tx, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
) -> T:
    """What `work(tx, …)` gives, committed; on a transient error all of it again, with jitter.

    Write first in `work`: one that reads before its first write can be lost or locked out.
    """
    give_up, wait = monotonic() + RETRY_SECONDS, 0.02
    while True:
        try:
            async with sessions.begin() as tx:
                return await work(tx, *args, **kwargs)
        except UNAVAILABLE as error:
            if not is_transient(error) or monotonic() > give_up:
                raise
        await asyncio.sleep(random.uniform(0, wait))
        wait = min(2, 2 * wait)
