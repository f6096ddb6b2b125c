"""What a start refuses, and what a migration makes of rows: a rendered shop on a file of SQLite."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from kgscaffold.answers import Database
from tests.snapshots.trees import PYTHON, rendered

if TYPE_CHECKING:
    from pathlib import Path

ANSWERS = next(one for one in PYTHON if one.database is Database.SQLITE)
VARIABLES = {
    "DATABASE_URL": "sqlite+aiosqlite:///shop.db",
    "KRYPTOGO_ENVIRONMENT": "test",
    "KRYPTOGO_CLIENT_ID": "sim_client",
    "KRYPTOGO_STUDIO_API_KEY": "sim_key",
    "KRYPTOGO_ORIGIN": "http://shop.test",
}
AFTER_COMMIT = """

async def after_commit(payment: Payment, event: PaymentEvent) -> None:
    raise RuntimeError
"""
OF_0_2 = (
    "INSERT INTO kryptogo_callbacks (id, payment_intent_id, status, payload, deliveries, state,"
    " attempts, lag_attempts, provider_attempts, handler_attempts, next_attempt_at, opened_at,"
    " first_received_at, last_received_at) VALUES"
    " ('failing', 'a', 'success', '{}', 1, 'pending', 9, 0, 3, 1, 'next', 'opened', 'x', 'x'),"
    " ('ahead', 'b', 'success', '{}', 1, 'pending', 5, 5, 0, 0, 'next', 'opened', 'x', 'x'),"
    " ('closed', 'c', 'success', '{}', 7, 'done', 4, 2, 0, 1, 'next', 'opened', 'x', 'x')"
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A rendered shop, not migrated."""
    for path, content in rendered(ANSWERS).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    return tmp_path


def _run(shop: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=shop,
        env={**os.environ, **VARIABLES},
        capture_output=True,
        text=True,
        check=False,
    )


def _query(shop: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(shop / "shop.db")) as file, file:
        return file.execute(statement).fetchall()


def test_an_after_commit_that_its_record_does_not_name_stops_the_start(shop: Path) -> None:
    """As one of 0.2.1 may stand there, which was called without being named."""
    handler = shop / "app/kryptogo/handlers/expired.py"
    handler.write_text(handler.read_text() + AFTER_COMMIT)
    assert _run(shop, "alembic", "upgrade", "head").returncode == 0
    ran = _run(shop, "app.kryptogo", "work", "--once")
    assert ran.returncode == 1
    assert "handlers/expired.py" in ran.stderr
    named = "Status.EXPIRED: Handler(expired.apply, expired.after_commit)"
    assert named in ran.stderr
    assert "Traceback" not in ran.stderr
    records = shop / "app/kryptogo/handlers/__init__.py"
    text = records.read_text().replace("Status.EXPIRED: Handler(expired.apply)", named)
    records.write_text(text)
    assert _run(shop, "app.kryptogo", "work", "--once").returncode == 0


def test_what_waits_in_a_database_of_0_2_goes_on_where_it_was(shop: Path) -> None:
    assert _run(shop, "alembic", "upgrade", "kryptogo_0003").returncode == 0
    _query(shop, OF_0_2)
    schema = "SELECT sql FROM sqlite_master WHERE name LIKE '%kryptogo_callbacks%' ORDER BY name"
    before = _query(shop, schema)
    ran = _run(shop, "alembic", "upgrade", "head")
    assert ran.returncode == 0, ran.stderr
    rows = "SELECT id, attempts, ahead_since, deliveries FROM kryptogo_callbacks ORDER BY id"
    assert _query(shop, rows) == [
        ("ahead", 0, "opened", 1),
        ("closed", 4, None, 7),
        ("failing", 3, None, 1),
    ]
    ran = _run(shop, "alembic", "check")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    ran = _run(shop, "alembic", "downgrade", "kryptogo_0003")
    assert ran.returncode == 0, ran.stderr
    counters = "SELECT id, lag_attempts, handler_attempts, opened_at FROM kryptogo_callbacks"
    assert _query(shop, f"{counters} ORDER BY id") == [
        ("ahead", 1, 0, "opened"),
        ("closed", 0, 0, "x"),
        ("failing", 0, 3, "x"),
    ]
    columns = _query(shop, "SELECT name, \"notnull\" FROM pragma_table_info('kryptogo_callbacks')")
    assert {"lag_attempts", "opened_at"} <= {str(name) for name, needed in columns if needed}
    assert len(before) == len(_query(shop, schema))
