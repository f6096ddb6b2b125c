"""SQLite: a file in a temporary folder."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conformance.harness.database import as_time, by_table, copies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from tests.conformance.harness.database import Database, Row
    from tests.servers.reaper import Reaper

_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
connection.execute("COMMIT")
"""


class SqliteServer:
    """A folder of database files."""

    def __init__(self, reaper: Reaper, *, scheme: str = "sqlite+aiosqlite:///") -> None:
        self._scheme = scheme
        self._folder = Path(tempfile.mkdtemp(prefix="kgscaffold-sqlite-"))
        reaper.remove(self._folder)
        self._template = self._folder / "template.db"

    def prepare(self, migrate: Callable[[str], None]) -> None:
        """Make the migrated template that `fresh` copies."""
        migrate(f"{self._scheme}{self._template}")

    def fresh(self, name: str, *, migrated: bool = True) -> SqliteDatabase:
        """A new file: a copy of the template, or none yet."""
        path = self._folder / f"{name}.db"
        if migrated:
            with (
                closing(sqlite3.connect(self._template)) as source,
                closing(sqlite3.connect(path)) as copy,
            ):
                source.backup(copy)
        return SqliteDatabase(path, f"{self._scheme}{path}")

    def away(self, database: Database) -> AbstractContextManager[None]:
        """Another process holds the exclusive lock."""
        return database.lock(0)

    def frozen(self, database: Database) -> AbstractContextManager[None]:
        """There is no server to freeze: another process holds the exclusive lock."""
        return database.lock(0)

    def close(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)


class SqliteDatabase:
    """One file."""

    def __init__(self, path: Path, url: str) -> None:
        self._path = path
        self.url = url

    def find(self, table: str, **equals: object) -> list[Row]:
        """The rows whose columns have these values."""
        return self._run(f"SELECT * FROM {table}{_where(equals)}", equals)

    def count(self, table: str, **equals: object) -> int:
        """How many rows have these values."""
        rows = self._run(f"SELECT count(*) AS n FROM {table}{_where(equals)}", equals)
        return int(rows[0]["n"])

    def insert(self, table: str, *rows: Row) -> None:
        """Add rows."""
        with self._connection() as connection:
            for row in rows:
                names = ", ".join(row)
                values = ", ".join(f":{name}" for name in row)
                connection.execute(f"INSERT INTO {table} ({names}) VALUES ({values})", row)

    def copy(self, table: str, column: str, value: str, others: Iterable[str]) -> None:
        """Add copies of the row with this value, with one of the others each, and ids of theirs."""
        row = self.find(table, **{column: value})[0]
        self.insert(table, *copies(row, column, others))

    def update(self, table: str, values: Row, **equals: object) -> None:
        """Set columns of the rows that have these values."""
        settings = ", ".join(f"{name} = :new_{name}" for name in values)
        new = {f"new_{name}": value for name, value in values.items()}
        self._run(f"UPDATE {table} SET {settings}{_where(equals)}", {**new, **equals})

    def shift(self, table: str, seconds: float, *columns: str, **equals: object) -> None:
        """Move times, where they are not null, by `seconds`."""
        changes = ", ".join(f"{column} = moved({column}, {seconds})" for column in columns)
        self._run(f"UPDATE {table} SET {changes}{_where(equals)}", equals)

    @contextmanager
    def lock(self, seconds: float) -> Iterator[None]:
        """Hold the exclusive lock from another process until the exit."""
        del seconds
        command = [sys.executable, "-S", "-c", _LOCK, str(self._path)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
            if holder.stdout is None or holder.stdout.readline() != b"locked\n":
                raise RuntimeError("the lock could not be taken")
            yield

    @contextmanager
    def reading(self, table: str) -> Iterator[None]:
        """Keep a transaction open that has begun to read the table."""
        with closing(sqlite3.connect(self._path, isolation_level=None)) as connection:
            connection.execute("BEGIN")
            connection.execute(f"SELECT count(*) FROM {table}").fetchall()
            yield

    @contextmanager
    def refusing(self, table: str) -> Iterator[None]:
        """Refuse every update of the table until the exit."""
        refusal = "SELECT RAISE(ABORT, 'no writes here')"
        self._run(f"CREATE TRIGGER refusing BEFORE UPDATE ON {table} BEGIN {refusal}; END", {})
        yield
        self._run("DROP TRIGGER refusing", {})

    def drop_column(self, table: str, column: str) -> None:
        """Remove a column, as if the migration that makes it had not been run."""
        self._run(f"ALTER TABLE {table} DROP COLUMN {column}", {})

    def schema(self) -> dict[str, list[str]]:
        """What there is, by table, in the database's own words."""
        statement = "SELECT tbl_name AS of, coalesce(sql, name) AS text FROM sqlite_schema"
        return by_table(self._run(statement, {}))

    def drop(self) -> None:
        """Remove the file."""
        for path in self._path.parent.glob(self._path.name + "*"):
            path.unlink(missing_ok=True)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=30)) as connection, connection:
            connection.row_factory = sqlite3.Row
            connection.create_function("moved", 2, _moved, deterministic=True)
            yield connection

    def _run(self, statement: str, values: dict[str, object]) -> list[Row]:
        with self._connection() as connection:
            return [dict(row) for row in connection.execute(statement, values)]


def _where(equals: dict[str, object]) -> str:
    return " WHERE " + " AND ".join(f"{name} = :{name}" for name in equals) if equals else ""


def _moved(value: str | float | None, seconds: float) -> str | float | None:
    if value is None:
        return None
    if isinstance(value, int | float):
        return type(value)(value + seconds * (1000 if value > 1e11 else 1))
    moment = as_time(value) + timedelta(seconds=seconds)
    aware = moment if "+" in value[10:] else moment.replace(tzinfo=None)
    return aware.isoformat(sep=value[10], timespec="microseconds")
