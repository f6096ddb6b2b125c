"""Whole shops to measure: a rendered project, present or released, on a database of its own."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from kgscaffold.answers import Answers, Database, Framework
from kgscaffold.plan.changes import prepare
from kgscaffold.plan.initial import plan_init
from kgscaffold.render import render
from kgscaffold.scaffold import write_plan
from tests.releases.trees import releases
from tests.servers.postgresql import Databases, server_url
from tests.servers.reaper import Reaper

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = "now"
"""The version that names the templates as they stand."""
SETTINGS = {
    "KRYPTOGO_ENVIRONMENT": "test",
    "KRYPTOGO_CLIENT_ID": "sim_client",
    "KRYPTOGO_STUDIO_API_KEY": "sim_key",
    "KRYPTOGO_ORIGIN": "http://127.0.0.1",
    "KRYPTOGO_CALLBACK_TOKEN": "secret",
}
_TIME = "'2026-01-01 00:00:00.000000'"
_FILL = {
    "orders": "id, status, amount, currency, created_at",
    "kryptogo_payments": "payment_intent_id, order_id, client_id, environment, status,"
    " expected_fiat_amount, fiat_currency, payment_deadline, needs_review, created_at, updated_at",
    "kryptogo_callbacks": "id, payment_intent_id, status, claimed_status, payload, deliveries,"
    " state, attempts, next_attempt_at, first_received_at, last_received_at",
    "kryptogo_payment_history": "id, payment_intent_id, applied_status, outcome, source, detail,"
    " created_at",
}
_OF_0_2 = ", lag_attempts, provider_attempts, handler_attempts, opened_at"


@dataclass(frozen=True)
class Shop:
    """A project on a migrated database."""

    folder: Path
    database_url: str
    version: str

    @property
    def environment(self) -> dict[str, str]:
        """What its processes are started with."""
        return {**os.environ, **SETTINGS, "DATABASE_URL": self.database_url}

    @contextmanager
    def running(self, *command: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
        """A process of the shop, `python -m` with these arguments, until the exit."""
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=self.folder,
            env=self.environment | variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(60)

    def migrate(self) -> None:
        """Bring the database to the project's schema."""
        command = [sys.executable, "-m", "alembic", "upgrade", "head"]
        subprocess.run(command, cwd=self.folder, env=self.environment, check=True)

    def query(self, statement: str) -> list[tuple[object, ...]]:
        """Run one statement, and give its rows, if it has any."""
        if self.database_url.startswith("sqlite"):
            path = self.database_url.partition(":///")[2]
            with closing(sqlite3.connect(path, timeout=60)) as file, file:
                return file.execute(statement).fetchall()
        address = self.database_url.replace("+asyncpg", "")
        with psycopg.connect(address, autocommit=True) as server:
            cursor = server.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def fill(self, prefix: str, count: int, *, state: str | None) -> None:
        """Add orders `o<prefix>1`…, each with a payment and a callback that says success.

        Callbacks in `state` "pending" are due; with "done" they are the past, settled. With None
        the payments wait for theirs.
        """
        settled = state == "done"
        status = "success" if settled else "pending"
        told = "'success', 'applied'" if settled else "NULL, 'registered'"
        intent = f"'{prefix}' || i"
        order = f"'o{prefix}' || i"
        values = {
            "orders": f"{order}, '{'paid' if settled else 'new'}', '300.0', 'TWD', {_TIME}",
            "kryptogo_payments": f"{intent}, {order}, 'sim_client', 'test', '{status}', '300.0',"
            f" 'TWD', {_TIME}, false, {_TIME}, {_TIME}",
            "kryptogo_callbacks": f"{intent}, {intent}, 'success', 'success', '{{}}', 1, '{state}',"
            f" 0, {_TIME}, {_TIME}, {_TIME}",
            "kryptogo_payment_history": f"{intent}, {intent}, {told}, 'callback', '{{}}', {_TIME}",
        }
        if state is None:
            del values["kryptogo_callbacks"]
        columns = dict(_FILL)
        if self.version != NOW and state is not None:
            columns["kryptogo_callbacks"] += _OF_0_2
            values["kryptogo_callbacks"] += f", 0, 0, 0, {_TIME}"
        counted = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <"
        for table, select in values.items():
            into = f"{table} ({columns[table]})"
            parts = (counted, str(count), ") INSERT INTO", into, "SELECT", select, "FROM n")
            self.query(" ".join(parts))
        self.query("ANALYZE")


def make_shop(folder: Path, database: Database, version: str, url: str) -> Shop:
    """A shop of a released version, or of the templates as they stand (NOW), migrated."""
    answers = Answers(Framework.FASTAPI, database, "shop")
    if version == NOW:
        write_plan(folder, prepare(plan_init(answers, render(answers)), folder))
    else:
        (release,) = [
            one for one in releases() if one.version == version and one.answers == answers
        ]
        release.write(folder)
    shop = Shop(folder, url, version)
    shop.migrate()
    return shop


@contextmanager
def workshop() -> Iterator[tuple[Servers, Path]]:
    """Database servers, and a folder for shops, until the exit."""
    with ExitStack() as closing:
        folder = Path(closing.enter_context(tempfile.TemporaryDirectory()))
        reaper = Reaper()
        closing.callback(reaper.close)
        servers = Servers(reaper, folder)
        closing.callback(servers.close)
        yield servers, folder


class Servers:
    """Fresh databases of both kinds."""

    def __init__(self, reaper: Reaper, folder: Path) -> None:
        url, self._cluster = server_url(reaper)
        self._databases = Databases(url)
        self._folder = folder
        self._prefix = f"benchmark_{os.getpid()}_"
        self._made: list[str] = []

    def fresh(self, database: Database, name: str) -> str:
        """The address of a new, empty database."""
        if database is Database.SQLITE:
            return f"sqlite+aiosqlite:///{self._folder / name}.db"
        self._made.append(self._prefix + name)
        url = self._databases.create(self._made[-1])
        return url.replace("postgresql://", "postgresql+asyncpg://", 1)

    def close(self) -> None:
        """Remove the server, or, where it is the user's, what was made in it."""
        if self._cluster is not None:
            self._cluster.close()
            return
        for name in self._made:
            self._databases.drop(name)
