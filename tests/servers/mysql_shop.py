"""A shop on MySQL, rendered and migrated, whose modules a test plays with."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from tests.servers.mariadb import connect

if TYPE_CHECKING:
    pass

PRELUDE = """
import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from app import db
from app.kryptogo.core import database, dialect, queue, store, tables, worker
from app.kryptogo.core.model import Delivery, Status

AT = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
IMPATIENT = sa.text("SET innodb_lock_wait_timeout = 1, lock_wait_timeout = 1")

# What a user's engine is like: it has the server's usual level, REPEATABLE READ.
usual = create_async_engine(db.database_url(), connect_args={"init_command": IMPATIENT.text})
dialect.sessions = async_sessionmaker(usual, expire_on_commit=False)

def payment(intent, order, amount="300.0"):
    return {
        "payment_intent_id": intent, "order_id": order, "client_id": "c", "environment": "test",
        "status": "pending", "expected_fiat_amount": amount, "fiat_currency": "TWD",
        "payment_deadline": AT, "needs_review": False, "created_at": AT, "updated_at": AT,
    }

def delivery(intent, payload=None):
    return Delivery(intent, "success", "success", payload or {})

async def register(intent, order, **more):
    async with dialect.begin() as tx:
        return await store.insert_payment(tx, payment(intent, order, **more))
"""


def run(project: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    variables = {
        "DATABASE_URL": url,
        "KRYPTOGO_ENVIRONMENT": "test",
        "KRYPTOGO_CLIENT_ID": "sim_client",
        "KRYPTOGO_STUDIO_API_KEY": "sim_key",
        "KRYPTOGO_ORIGIN": "http://127.0.0.1",
        "KRYPTOGO_CALLBACK_TOKEN": "token",
        "PATH": os.environ["PATH"],
    }
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, cwd=project, env=variables, capture_output=True, text=True, check=False, timeout=60
    )


def play(project: Path, url: str, body: str) -> None:
    """Run the body of a coroutine inside the project; what it asserts must hold."""
    program = f"{PRELUDE}\nasync def main():\n{textwrap.indent(textwrap.dedent(body), '    ')}\n"
    program += "    await usual.dispose()\nasyncio.run(main())"
    done = run(project, url, "-c", program)
    assert done.returncode == 0, done.stderr


def execute(url: str, statement: str) -> None:
    with closing(connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
