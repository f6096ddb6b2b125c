# kgscaffold:id=core/database
"""Transactions, and which of the database's errors pass by themselves."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Concatenate, ParamSpec, TypeVar

import asyncpg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from ..config import sessions

Tx = AsyncSession
"""What a handler is given: the session, inside the transaction that settles the payment."""

UNAVAILABLE = (SQLAlchemyError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
RETRY_SECONDS = 45
P = ParamSpec("P")
T = TypeVar("T")


def is_transient(error: BaseException) -> bool:
    """Whether the same transaction may well succeed when it is tried again."""
    state = getattr(getattr(error, "orig", error), "sqlstate", None) or ""
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or isinstance(error, OSError | PoolTimeout) or state.startswith(("08", "40", "57P"))


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
