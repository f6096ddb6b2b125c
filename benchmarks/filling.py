"""A database of a cell, from outside: any statement, and many payments at once."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import psycopg

from tests.servers.mariadb import connect

if TYPE_CHECKING:
    from tests.conformance.harness.stacks import Stack

_TIME = "'2026-01-01 00:00:00.000000'"
_MILLISECONDS = "1767225600000"
_COLUMNS = {
    "orders": "id, status, amount, currency, created_at",
    "kryptogo_payments": "payment_intent_id, order_id, client_id, environment, status,"
    " expected_fiat_amount, fiat_currency, payment_deadline, needs_review, created_at, updated_at",
    "kryptogo_callbacks": "id, payment_intent_id, status, claimed_status, payload, deliveries,"
    " state, attempts, next_attempt_at, first_received_at, last_received_at",
    "kryptogo_payment_history": "id, payment_intent_id, applied_status, outcome, source, detail,"
    " created_at",
}
_OF_0_2 = ", lag_attempts, provider_attempts, handler_attempts, opened_at"
_DIGITS = f"(SELECT 0 AS d {' '.join(f'UNION ALL SELECT {digit}' for digit in range(1, 10))})"


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    """Run one statement in the database of a DATABASE_URL, and give its rows, if it has any."""
    scheme, _, rest = url.partition(":")
    if scheme.startswith("sqlite"):
        with closing(sqlite3.connect("/" + rest.lstrip("/"), timeout=60)) as file, file:
            return file.execute(statement).fetchall()
    if scheme.startswith("postgresql"):
        with psycopg.connect(f"postgresql:{rest}", autocommit=True) as connection:
            answer = connection.execute(statement.encode())
            return answer.fetchall() if answer.description else []
    with closing(connect(url)) as server, server.cursor() as cursor:
        cursor.execute("SET sql_mode = 'PIPES_AS_CONCAT,STRICT_ALL_TABLES'")
        cursor.execute(statement)
        server.commit()
        return list(cursor.fetchall())


def make_bare_table(url: str, stack: Stack) -> None:
    """Make the table of the INSERT by hand."""
    time = "datetime(6)" if stack.database == "mysql" else "timestamptz"
    columns = (
        "id varchar(32) PRIMARY KEY, payment_intent_id varchar(64) NOT NULL,"
        f" status varchar(32) NOT NULL, payload json NOT NULL, received_at {time} NOT NULL"
    )
    query(url, f"CREATE TABLE bare ({columns})")


def fill(
    url: str, stack: Stack, prefix: str, count: int, *, state: str | None, of_0_2: bool = False
) -> None:
    """Add orders `o<prefix>1`…, each with a payment and a callback that says success.

    Callbacks in `state` "pending" are due; with "done" they are the past, settled. With None the
    payments wait for theirs. `of_0_2`: the tables are as 0.2.0 made them.
    """
    in_milliseconds = stack.database == "sqlite" and not stack.in_python
    values = _values(prefix, state, _MILLISECONDS if in_milliseconds else _TIME)
    columns = dict(_COLUMNS)
    if state is None:
        del values["kryptogo_callbacks"]
    elif of_0_2:
        columns["kryptogo_callbacks"] += _OF_0_2
        values["kryptogo_callbacks"] += f", 0, 0, 0, {_TIME}"
    analyze = "ANALYZE TABLE" if stack.database == "mysql" else "ANALYZE"
    for table, row in values.items():
        select = " ".join(("SELECT", row, "FROM", _numbers(count)))
        query(url, " ".join(("INSERT INTO", f"{table} ({columns[table]})", select)))
        query(url, f"{analyze} {table}")


def _values(prefix: str, state: str | None, time: str) -> dict[str, str]:
    settled = state == "done"
    status = "success" if settled else "pending"
    told = "'success', 'applied'" if settled else "NULL, 'registered'"
    intent, order = f"'{prefix}' || i", f"'o{prefix}' || i"
    return {
        "orders": f"{order}, '{'paid' if settled else 'new'}', '300.0', 'TWD', {_TIME}",
        "kryptogo_payments": f"{intent}, {order}, 'sim_client', 'test', '{status}', '300.0',"
        f" 'TWD', {time}, false, {time}, {time}",
        "kryptogo_callbacks": f"{intent}, {intent}, 'success', 'success', '{{}}', 1, '{state}',"
        f" 0, {time}, {time}, {time}",
        "kryptogo_payment_history": f"{intent}, {intent}, {told}, 'callback', '{{}}', {time}",
    }


def _numbers(count: int) -> str:
    """Give a FROM clause with the numbers i from 1: no database has a limit for joined digits."""
    places = range(len(str(count - 1)))
    number = " + ".join(f"{10**place} * d{place}.d" for place in places)
    joined = " CROSS JOIN ".join(f"{_DIGITS} AS d{place}" for place in places)
    inner = " ".join(("SELECT 1 +", number, "AS i FROM", joined))
    return f"({inner}) AS n WHERE i <= {count}"
