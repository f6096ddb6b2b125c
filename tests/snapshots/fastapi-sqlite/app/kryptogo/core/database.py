# kgscaffold:id=core/database
"""Transactions, and what is told of the database's errors."""

import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from time import monotonic
from typing import TypeVar

from sqlalchemy import event
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from .concurrency import sleep
from .dialect import UNAVAILABLE, begin, is_transient

Tx = AsyncSession
"""What a handler is given: the session, inside the transaction that settles the payment."""

RETRY_SECONDS = 45
T = TypeVar("T")


def reason(error: BaseException) -> str:
    """The error on one line; a database's as its driver tells it, without the statement."""
    told = getattr(error, "orig", None) or error
    return f"{type(told).__name__}: {told}".partition("\n")[0]


def without_values(error: BaseException | None) -> BaseException | None:
    """The error, for a log: no statement in its text or its causes' shows the values it had."""
    chain = [error]
    for link in chain:
        if isinstance(link, StatementError):
            link.hide_parameters = True
        before = link and (link.__cause__ or link.__context__)
        if before not in chain:
            chain.append(before)
    return error


@contextmanager
def uncommitted(tx: Tx) -> Iterator[None]:
    """Inside, `commit` raises RuntimeError: half of a payment must not be kept.

    A savepoint (`begin_nested`) may end.
    """
    session = tx.sync_session
    event.listen(session, "before_commit", _refuse)
    try:
        yield
    finally:
        event.remove(session, "before_commit", _refuse)


def _refuse(session: Session) -> None:
    if not session.in_nested_transaction():
        raise RuntimeError("a handler must not commit: its transaction is the payment's")


async def transaction(
    work: Callable[[Tx], Awaitable[T]],
    session: Callable[[], AbstractAsyncContextManager[Tx]] = begin,
    within: float = RETRY_SECONDS,
) -> T:
    """What `work` gives, committed; on a transient error all of it again, with jitter.

    Write first in it: one that reads before its first write can be lost or locked out.
    """
    give_up, wait = monotonic() + within, 0.02
    while True:
        try:
            async with session() as tx:
                return await work(tx)
        except UNAVAILABLE as error:
            if not is_transient(error) or monotonic() > give_up:
                raise
        await sleep(random.uniform(0, wait))
        wait = min(2, 2 * wait)
