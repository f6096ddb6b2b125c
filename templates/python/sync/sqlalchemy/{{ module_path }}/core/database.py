# kgscaffold:id=core/database
"""Transactions, which of the database's errors pass by themselves, and whether it is migrated."""

import random
from collections.abc import Callable
from contextlib import AbstractContextManager
from time import monotonic
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session

from .concurrency import sleep
from .dialect import UNAVAILABLE, begin, is_transient, statements

Tx = Session
"""What a handler is given: the session, inside the transaction that settles the payment."""

RETRY_SECONDS = 45
P = ParamSpec("P")
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


def transaction(work: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `work(tx, …)` gives, committed; on a transient error all of it again, with jitter.

    Write first in `work`: one that reads before its first write can be lost or locked out.
    """
    return _retried(begin, work, *args, **kwargs)


def statement(work: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The same for a `work` of one statement: where the database can, without BEGIN and COMMIT."""
    return _retried(statements, work, *args, **kwargs)


def _retried(
    session: Callable[[], AbstractContextManager[Tx]],
    work: Callable[Concatenate[Tx, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    give_up, wait = monotonic() + RETRY_SECONDS, 0.02
    while True:
        try:
            with session() as tx:
                return work(tx, *args, **kwargs)
        except UNAVAILABLE as error:
            if not is_transient(error) or monotonic() > give_up:
                raise
        sleep(random.uniform(0, wait))
        wait = min(2, 2 * wait)
