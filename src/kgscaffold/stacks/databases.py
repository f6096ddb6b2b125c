"""The databases, as data. No framework and no library is mentioned here."""

from __future__ import annotations

from kgscaffold.answers import Database
from kgscaffold.stacks.model import DatabaseRecord


def _with_server(name: Database, title: str, alias: str, kinds: str = "") -> DatabaseRecord:
    """`kinds` are the servers that will do, where one of that title is not the only one."""
    return DatabaseRecord(
        name=name,
        title=title,
        layers=("shop/dialects/server",),
        aliases=(alias,),
        prepare=f"put the URL of an empty {kinds or title} database into .env as DATABASE_URL",
    )


DATABASES = (
    _with_server(Database.MONGODB, "MongoDB", "mongo"),
    _with_server(Database.MYSQL, "MySQL", "mariadb", "MySQL or MariaDB"),
    _with_server(Database.POSTGRESQL, "PostgreSQL", "postgres"),
    DatabaseRecord(name=Database.SQLITE, title="SQLite", layers=("shop/dialects/sqlite",)),
)
