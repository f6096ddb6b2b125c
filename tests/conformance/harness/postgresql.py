"""PostgreSQL: one database per shop on one server."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, LiteralString

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from tests.conformance.harness.database import by_table, copies
from tests.servers.postgresql import Cluster, Databases, server_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.conformance.harness.database import Database, Row
    from tests.servers.reaper import Reaper

_REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE 'no writes here'; END $$;
CREATE TRIGGER refusing BEFORE UPDATE ON {} FOR EACH STATEMENT EXECUTE FUNCTION refuse();
"""
_SCHEMA = """
SELECT relname AS of, concat_ws(' ', attname, format_type(atttypid, atttypmod),
    CASE WHEN attnotnull THEN 'NOT NULL' END, pg_get_expr(adbin, adrelid)) AS text
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
UNION ALL SELECT conrelid::regclass::text, conname || ' ' || pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'
"""


class PostgresqlServer:
    """The server in KGSCAFFOLD_TEST_POSTGRESQL_URL, else one of our own."""

    def __init__(
        self, reaper: Reaper, *, own: bool = False, scheme: str = "postgresql+asyncpg"
    ) -> None:
        self._scheme = scheme
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

    def fresh(self, name: str, *, migrated: bool = True) -> PostgresqlDatabase:
        """A new database: a copy of the template, or empty."""
        url = self._create(name, self._prefix + "template" if migrated else None)
        given = url.replace("postgresql", self._scheme, 1)
        return PostgresqlDatabase(url, given, lambda: self._databases.drop(self._prefix + name))

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
        """Every process of the server is stopped (SIGSTOP), and goes on at the exit."""
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


class PostgresqlDatabase:
    """One database."""

    def __init__(self, address: str, url: str, drop: Callable[[], None]) -> None:
        self._address = address
        self._drop = drop
        self.url = url

    def find(self, table: str, **equals: object) -> list[Row]:
        """The rows whose columns have these values."""
        return self._run(_sql("SELECT * FROM {}").format(_name(table)) + _where(equals), equals)

    def count(self, table: str, **equals: object) -> int:
        """How many rows have these values."""
        statement = _sql("SELECT count(*) AS n FROM {}").format(_name(table))
        return int(self._run(statement + _where(equals), equals)[0]["n"])

    def insert(self, table: str, *rows: Row) -> None:
        """Add rows."""
        with psycopg.connect(self._address) as connection:
            for row in rows:
                statement = _sql("INSERT INTO {} ({}) VALUES ({})").format(
                    _name(table),
                    _sql(", ").join(map(_name, row)),
                    _sql(", ").join(map(sql.Placeholder, row)),
                )
                connection.execute(statement, row)

    def copy(self, table: str, column: str, value: str, others: Iterable[str]) -> None:
        """Add copies of the row with this value, with one of the others each, and ids of theirs."""
        row = self.find(table, **{column: value})[0]
        self.insert(table, *copies(row, column, others))

    def update(self, table: str, values: Row, **equals: object) -> None:
        """Set columns of the rows that have these values."""
        settings = [
            _sql("{} = {}").format(_name(name), sql.Placeholder(f"new_{name}")) for name in values
        ]
        statement = _sql("UPDATE {} SET {}").format(_name(table), _sql(", ").join(settings))
        new = {f"new_{name}": value for name, value in values.items()}
        self._run(statement + _where(equals), {**new, **equals})

    def shift(self, table: str, seconds: float, *columns: str, **equals: object) -> None:
        """Move times, where they are not null, by `seconds`."""
        moved = [
            _sql("{0} = {0} + make_interval(secs => {1})").format(_name(column), float(seconds))
            for column in columns
        ]
        statement = _sql("UPDATE {} SET {}").format(_name(table), _sql(", ").join(moved))
        self._run(statement + _where(equals), equals)

    @contextmanager
    def lock(self, seconds: float) -> Iterator[None]:
        """Lock the three tables against writers until the exit."""
        with psycopg.connect(self._address) as connection:
            connection.execute(f"SET statement_timeout = {int(seconds * 1000)}".encode())
            for table in ("kryptogo_payments", "kryptogo_callbacks", "kryptogo_payment_history"):
                connection.execute(_sql("LOCK TABLE {} IN SHARE MODE").format(_name(table)))
            yield

    @contextmanager
    def reading(self, table: str) -> Iterator[None]:
        """Keep a transaction open that has begun to read the table."""
        with psycopg.connect(self._address) as connection:
            connection.execute(_sql("SELECT count(*) FROM {}").format(_name(table)))
            yield

    @contextmanager
    def refusing(self, table: str) -> Iterator[None]:
        """Refuse every update of the table until the exit."""
        self._run(_sql(_REFUSE).format(_name(table)), {})
        yield
        self._run(_sql("DROP FUNCTION refuse CASCADE").format(), {})

    def drop_column(self, table: str, column: str) -> None:
        """Remove a column, as if the migration that makes it had not been run."""
        statement = _sql("ALTER TABLE {} DROP COLUMN {}")
        self._run(statement.format(_name(table), _name(column)), {})

    def schema(self) -> dict[str, list[str]]:
        """What there is, by table, in the database's own words."""
        return by_table(self._run(_sql(_SCHEMA).format(), {}))

    def drop(self) -> None:
        """Remove the database."""
        self._drop()

    def _run(self, statement: sql.Composed, values: dict[str, object]) -> list[Row]:
        with psycopg.connect(self._address, row_factory=dict_row) as connection:
            while True:
                try:
                    cursor = connection.execute(statement, values)
                    return cursor.fetchall() if cursor.description else []
                except psycopg.errors.DeadlockDetected:  # with a worker: the app's may go first
                    connection.rollback()


def _sql(text: LiteralString) -> sql.SQL:
    return sql.SQL(text)


def _name(name: str) -> sql.Identifier:
    return sql.Identifier(name)


def _where(equals: dict[str, object]) -> sql.Composed:
    if not equals:
        return sql.Composed([])
    conditions = [_sql("{} = {}").format(_name(n), sql.Placeholder(n)) for n in equals]
    return _sql(" WHERE ") + _sql(" AND ").join(conditions)
