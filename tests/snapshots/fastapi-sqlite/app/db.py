# kgscaffold:id=app/db
"""The database of the shop."""

import os

from sqlalchemy import MetaData, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

DEFAULT_URL = "sqlite+aiosqlite:///./shop.db"
DIALECT, DRIVER = "sqlite", "sqlite+aiosqlite"


def database_url() -> URL:
    """DATABASE_URL with the asynchronous driver. Raises ValueError if it is another database's."""
    url = make_url(os.environ.get("DATABASE_URL") or DEFAULT_URL)
    if not url.drivername.startswith(DIALECT):
        raise ValueError(f"DATABASE_URL is for {url.drivername}. Set it to {DRIVER}://…")
    return url.set(drivername=DRIVER)


metadata = MetaData()
engine = create_async_engine(database_url(), pool_size=20, connect_args={"timeout": 10})


@event.listens_for(engine.sync_engine, "connect")
def configure(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    """Readers beside the one writer, and commits that survive a power cut."""
    cursor = connection.cursor()
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


sessions = async_sessionmaker(engine, expire_on_commit=False)
