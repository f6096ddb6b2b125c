"""The databases, as data. No framework and no library is mentioned here."""

from __future__ import annotations

from kgscaffold.answers import Database
from kgscaffold.stacks.model import DatabaseRecord


def _with_server(name: Database, title: str, alias: str) -> DatabaseRecord:
    return DatabaseRecord(
        name=name,
        title=title,
        layers=("shop/dialects/server",),
        aliases=(alias,),
        prepare=f"put the URL of an empty {title} database into .env as DATABASE_URL",
    )


DATABASES = (
    _with_server(Database.MONGODB, "MongoDB", "mongo"),
    _with_server(Database.MYSQL, "MySQL", "mariadb"),
    _with_server(Database.POSTGRESQL, "PostgreSQL", "postgres"),
    DatabaseRecord(name=Database.SQLITE, title="SQLite", layers=("shop/dialects/sqlite",)),
)
