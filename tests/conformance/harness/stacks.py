"""The combinations under test, as data. A further one is one more record here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from tests.conformance.harness.mysql import MysqlServer
from tests.conformance.harness.postgresql import PostgresqlServer
from tests.conformance.harness.sqlite import SqliteServer
from tests.conformance.instruments.fastapi_sqlalchemy import FastapiSqlalchemy
from tests.conformance.instruments.flask_sqlalchemy import FlaskSqlalchemy

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.harness.database import DatabaseServer
    from tests.conformance.instruments import Instrument
    from tests.servers.reaper import Reaper


@dataclass(frozen=True)
class Stack:
    """One framework with one database, and what the suite must know of them."""

    framework: str
    database: str
    instrument: Instrument
    server: Callable[[Reaper], DatabaseServer]
    outage_server: Callable[[Reaper], DatabaseServer] | None
    """A server that may be stopped; None: each database is alone as it is."""
    one_writer: bool
    """The database admits one writing transaction at a time: acknowledgements wait for it."""
    schemes: tuple[str, ...]
    """What addresses of the database begin with, as hosting services give them."""

    @property
    def name(self) -> str:
        """`<framework>-<database>`."""
        return f"{self.framework}-{self.database}"


_OWN_MYSQL = partial(MysqlServer, own=True)
_OWN_POSTGRESQL = partial(PostgresqlServer, own=True)
_FASTAPI = FastapiSqlalchemy()
_SQLITE, _POSTGRESQL = ("sqlite",), ("postgres", "postgresql")
_MYSQL = ("mysql", "mariadb", "mysql+pymysql", "mariadb+pymysql")
_FLASK = FlaskSqlalchemy()
_ALL = (
    Stack("fastapi", "sqlite", _FASTAPI, SqliteServer, None, True, _SQLITE),
    Stack("fastapi", "postgresql", _FASTAPI, PostgresqlServer, _OWN_POSTGRESQL, False, _POSTGRESQL),
    Stack("fastapi", "mysql", _FASTAPI, MysqlServer, _OWN_MYSQL, False, _MYSQL),
    Stack("flask", "sqlite", _FLASK, SqliteServer, None, True, _SQLITE),
    Stack("flask", "postgresql", _FLASK, PostgresqlServer, _OWN_POSTGRESQL, False, _POSTGRESQL),
    Stack("flask", "mysql", _FLASK, MysqlServer, _OWN_MYSQL, False, _MYSQL),
)
STACKS = {stack.name: stack for stack in _ALL}
