# kgscaffold:id=app/engine
"""SQLite, as the shop uses it. A file that DATABASE_URL names without a path is in `instance/`."""

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

SCHEMES = ("sqlite",)
OPTIONS = {
    "hide_parameters": True,
    "pool_size": 20,
    "pool_timeout": 2,
    "connect_args": {"timeout": 5},
}


def configure(engine: Engine) -> None:
    """Readers beside the one writer, and commits that survive a power cut."""

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {setting}")
        cursor.close()
