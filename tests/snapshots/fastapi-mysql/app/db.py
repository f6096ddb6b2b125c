# kgscaffold:id=app/db
"""The database of the shop."""

import asyncio
import os
from contextlib import suppress
from typing import Any

import asyncmy
from sqlalchemy import MetaData, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

DEFAULT_URL = "mysql+asyncmy://localhost/shop"
SCHEMES, DRIVER = ("mysql", "mariadb"), "mysql+asyncmy"
CONNECT_SECONDS = 5
LOCK_SECONDS = 35
"""The longest wait for a row or a table: more than the 30 s of a handler."""
STATEMENT_SECONDS = 40
"""The longest wait for an answer, that to a statement which waits for a lock too."""
UNKNOWN_VARIABLE = 1193
NO_INNODB = "DATABASE_URL names a server without InnoDB. Start it with InnoDB, or name another"
GIVEN_URL = os.environ.get("DATABASE_URL") or DEFAULT_URL


def database_url() -> URL:
    """DATABASE_URL with the asynchronous driver. Raises ArgumentError where it is not usable."""
    with suppress(ArgumentError, ValueError):
        url = make_url(GIVEN_URL)
        if "+" in url.drivername:
            url.get_dialect()  # a driver that is not known is an ArgumentError
        if url.drivername.startswith(SCHEMES):
            url = url.set(drivername=DRIVER)
            url.get_dialect()().create_connect_args(url)
            return url
    raise ArgumentError(
        f"DATABASE_URL is no MySQL URL, or its driver is not known."
        f" Set it to one like {DEFAULT_URL}"
    )


def engine_url() -> URL:
    """The same; but a wrong one is no error of the import, see `refuse_wrong_url`."""
    try:
        return database_url()
    except ArgumentError:
        return make_url(DEFAULT_URL)


async def connect(**options: Any) -> asyncmy.Connection:
    """A connection, greeting included: `connect_timeout` bounds only the way to the server."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            return await asyncmy.connect(**options)
    except asyncmy.errors.OperationalError as error:
        if error.args[0] == UNKNOWN_VARIABLE:
            raise ArgumentError(NO_INNODB) from None
        raise


metadata = MetaData()
engine = create_async_engine(
    engine_url(),
    hide_parameters=True,
    # The usual REPEATABLE READ locks the places between rows as well, where others insert.
    isolation_level="READ COMMITTED",
    pool_size=20,
    max_overflow=0,
    pool_timeout=2,
    pool_recycle=600,  # the server ends a connection that is idle for long
    connect_args={
        "async_creator_fn": connect,
        "read_timeout": STATEMENT_SECONDS,
        "init_command": (
            f"SET innodb_lock_wait_timeout = {LOCK_SECONDS}, lock_wait_timeout = {LOCK_SECONDS}"
        ),
    },
)


@event.listens_for(engine.sync_engine, "do_connect")
def refuse_wrong_url(*_: object) -> None:
    """No connection where DATABASE_URL is wrong: the start says so, together with other faults."""
    database_url()


sessions = async_sessionmaker(engine, expire_on_commit=False)
