# kgscaffold:id=app/db
"""The database of the shop."""

import os
from contextlib import suppress

from sqlalchemy import MetaData, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

DEFAULT_URL = "sqlite+aiosqlite:///./shop.db"
SCHEMES, DRIVER = "sqlite", "sqlite+aiosqlite"
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
        f"DATABASE_URL is no SQLite URL, or its driver is not known."
        f" Set it to one like {DEFAULT_URL}"
    )


def engine_url() -> URL:
    """The same; but a wrong one is no error of the import, see `refuse_wrong_url`."""
    try:
        return database_url()
    except ArgumentError:
        return make_url(DEFAULT_URL)


metadata = MetaData()
engine = create_async_engine(
    engine_url(),
    hide_parameters=True,
    pool_size=20,
    pool_timeout=2,
    connect_args={"timeout": 5},
)


@event.listens_for(engine.sync_engine, "connect")
def configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Readers beside the one writer, and commits that survive a power cut."""
    cursor = connection.cursor()
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


@event.listens_for(engine.sync_engine, "do_connect")
def refuse_wrong_url(*_: object) -> None:
    """No connection where DATABASE_URL is wrong: the start says so, together with other faults."""
    database_url()


sessions = async_sessionmaker(engine, expire_on_commit=False)
