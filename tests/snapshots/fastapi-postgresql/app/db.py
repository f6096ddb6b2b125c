# kgscaffold:id=app/db
"""The database of the shop."""

import os

from sqlalchemy import MetaData
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

DEFAULT_URL = "postgresql+asyncpg://localhost/shop"
DIALECT, DRIVER = "postgres", "postgresql+asyncpg"


def database_url() -> URL:
    """DATABASE_URL with the asynchronous driver. Raises ValueError if it is another database's."""
    url = make_url(os.environ.get("DATABASE_URL") or DEFAULT_URL)
    if not url.drivername.startswith(DIALECT):
        raise ValueError(f"DATABASE_URL is for {url.drivername}. Set it to {DRIVER}://…")
    return url.set(drivername=DRIVER)


metadata = MetaData()
engine = create_async_engine(
    database_url(), pool_size=20, max_overflow=0, pool_timeout=2, connect_args={"timeout": 5}
)
sessions = async_sessionmaker(engine, expire_on_commit=False)
