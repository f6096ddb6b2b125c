"""MySQL and MariaDB: one database per shop on one server."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pymysql.cursors import DictCursor

from tests.conformance.harness.database import copies
from tests.servers.mariadb import Cluster, Databases, connect, server_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.conformance.harness.database import Database, Row
    from tests.servers.reaper import Reaper

_OURS = ("kryptogo_payments", "kryptogo_callbacks", "kryptogo_payment_history")


class MysqlServer:
    """The server in KGSCAFFOLD_TEST_MYSQL_URL, else one of our own."""

    def __init__(self, reaper: Reaper, *, own: bool = False) -> None:
        if own:
            self._cluster: Cluster | None = Cluster(reaper)
            self._databases = Databases(self._cluster.url)
        else:
            url, self._cluster = server_url(reaper)
            self._databases = Databases(url)
        self._prefix = f"kgscaffold_{os.getpid()}_"
        self._made: set[str] = set()

    def prepare(self, migrate: Callable[[str], None]) -> None:
        """Make the migrated template that `fresh` copies."""
        migrate(self._create("template"))

    def fresh(self, name: str, *, migrated: bool = True) -> MysqlDatabase:
        """A new database: a copy of the template, or empty."""
        url = self._create(name, self._prefix + "template" if migrated else None)
        return MysqlDatabase(url, lambda: self._databases.drop(self._prefix + name))

    @contextmanager
    def away(self, database: Database) -> Iterator[None]:
        """Stopped at once, as by a crash, and started again at the exit."""
        del database
        if self._cluster is None:
            raise RuntimeError("a server given by its address is not ours to stop")
        self._cluster.stop("immediate")
        try:
            yield
        finally:
            self._cluster.start()

    @contextmanager
    def frozen(self, database: Database) -> Iterator[None]:
        """The server's process is stopped (SIGSTOP), and goes on at the exit."""
        del database
        if self._cluster is None:
            raise RuntimeError("a server given by its address is not ours to freeze")
        self._cluster.freeze()
        try:
            yield
        finally:
            self._cluster.thaw()

    def close(self) -> None:
        """Remove the server, or, where it is the user's, what we made in it."""
        if self._cluster is not None:
            self._cluster.close()
            return
        for name in self._made:
            self._databases.drop(name)

    def _create(self, name: str, template: str | None = None) -> str:
        self._made.add(self._prefix + name)
        return self._databases.create(self._prefix + name, template)


class MysqlDatabase:
    """One database. Its address names no driver: the app takes its own."""

    def __init__(self, url: str, drop: Callable[[], None]) -> None:
        self.url = url
        self._drop = drop

    def find(self, table: str, **equals: object) -> list[Row]:
        """The rows whose columns have these values."""
        return self._run(f"SELECT * FROM {table}{_where(equals)}", equals)

    def count(self, table: str, **equals: object) -> int:
        """How many rows have these values."""
        rows = self._run(f"SELECT count(*) AS n FROM {table}{_where(equals)}", equals)
        return int(rows[0]["n"])

    def insert(self, table: str, *rows: Row) -> None:
        """Add rows."""
        with closing(connect(self.url)) as connection, connection.cursor() as cursor:
            for row in rows:
                names = ", ".join(f"`{name}`" for name in row)
                values = ", ".join(f"%({name})s" for name in row)
                cursor.execute(f"INSERT INTO {table} ({names}) VALUES ({values})", _sent(row))
            connection.commit()

    def copy(self, table: str, column: str, value: str, others: Iterable[str]) -> None:
        """Add copies of the row with this value, with one of the others each, and ids of theirs."""
        row = self.find(table, **{column: value})[0]
        self.insert(table, *copies(row, column, others))

    def update(self, table: str, values: Row, **equals: object) -> None:
        """Set columns of the rows that have these values."""
        settings = ", ".join(f"`{name}` = %(new_{name})s" for name in values)
        new = {f"new_{name}": value for name, value in values.items()}
        self._run(f"UPDATE {table} SET {settings}{_where(equals)}", {**new, **equals})

    def shift(self, table: str, seconds: float, *columns: str, **equals: object) -> None:
        """Move times, where they are not null, by `seconds`."""
        distance = f"INTERVAL {round(seconds * 1_000_000)} MICROSECOND"
        moved = ", ".join(f"`{column}` = `{column}` + {distance}" for column in columns)
        self._run(f"UPDATE {table} SET {moved}{_where(equals)}", equals)

    @contextmanager
    def lock(self, seconds: float) -> Iterator[None]:
        """Lock the three tables against writers until the exit."""
        locked = ", ".join(f"{table} READ" for table in _OURS)
        connection = connect(self.url, read_timeout=seconds)
        with closing(connection), connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLES {locked}")
            yield

    @contextmanager
    def reading(self, table: str) -> Iterator[None]:
        """Keep a transaction open that has begun to read the table."""
        with closing(connect(self.url)) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")
            yield

    @contextmanager
    def refusing(self, table: str) -> Iterator[None]:
        """Refuse every update of a row of the table until the exit."""
        refuse = "FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no writes here'"
        self._run(f"CREATE TRIGGER refusing BEFORE UPDATE ON {table} {refuse}", {})
        yield
        self._run("DROP TRIGGER refusing", {})

    def drop_column(self, table: str, column: str) -> None:
        """Remove a column, as if the migration that makes it had not been run."""
        self._run(f"ALTER TABLE {table} DROP COLUMN `{column}`", {})

    def schema(self) -> dict[str, list[str]]:
        """What there is, by table, in the database's own words."""
        names = [str(*row.values()) for row in self._run("SHOW TABLES", {})]
        made = {name: self._run(f"SHOW CREATE TABLE `{name}`", {})[0] for name in names}
        return {name: row["Create Table"].splitlines() for name, row in made.items()}

    def drop(self) -> None:
        """Remove the database."""
        self._drop()

    def _run(self, statement: str, values: Row) -> list[Row]:
        with closing(connect(self.url)) as connection, connection.cursor(DictCursor) as cursor:
            cursor.execute(statement, _sent(values))
            rows = list(cursor.fetchall())
            connection.commit()
        return rows


def _sent(values: Row) -> Row:
    """The values as they are stored: the driver would leave out a time's zone."""
    return {
        name: value.astimezone(UTC).replace(tzinfo=None)
        if isinstance(value, datetime) and value.tzinfo
        else value
        for name, value in values.items()
    }


def _where(equals: dict[str, object]) -> str:
    if not equals:
        return ""
    return " WHERE " + " AND ".join(f"`{name}` = %({name})s" for name in equals)
