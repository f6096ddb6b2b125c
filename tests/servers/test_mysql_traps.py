"""What MySQL and MariaDB do that the generated code must not fall for, shown on the bare server."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pymysql
import pytest

from tests.servers.mariadb import Databases, connect, server_url
from tests.servers.reaper import Reaper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pymysql.connections import Connection
    from pymysql.cursors import Cursor

DUPLICATE, LOCK_TIMEOUT, DEADLOCK, TOO_LONG = 1062, 1205, 1213, 1406
PAYMENTS = (
    "CREATE TABLE payments (id varchar(64) PRIMARY KEY, order_id varchar(64) NOT NULL,"
    " status varchar(32) NOT NULL, updated_at datetime(6), KEY of_order (order_id))"
    " ENGINE=InnoDB CHARSET=utf8mb4 COLLATE=utf8mb4_bin"
)
CALLBACKS = (
    "CREATE TABLE callbacks (id int AUTO_INCREMENT PRIMARY KEY, intent varchar(64) NOT NULL,"
    " status varchar(32) NOT NULL, state varchar(16) NOT NULL, attempts int NOT NULL DEFAULT 0,"
    " opened_in varchar(16), UNIQUE KEY one (intent, status))"
    " ENGINE=InnoDB CHARSET=utf8mb4 COLLATE=utf8mb4_bin"
)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    reaper = Reaper()
    url, cluster = server_url(reaper)
    yield url
    if cluster is not None:
        cluster.close()
    reaper.close()


@pytest.fixture
def url(server: str) -> Iterator[str]:
    """A fresh database with a table of payments and one of callbacks."""
    databases = Databases(server)
    url = databases.create("traps")
    with closing(connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(PAYMENTS)
        cursor.execute(CALLBACKS)
        cursor.execute("INSERT INTO payments VALUES ('b', 'o-2', 'pending', NULL)")
        connection.commit()
    yield url
    databases.drop("traps")


@pytest.fixture
def one(url: str) -> Iterator[Cursor]:
    with closing(connect(url)) as connection, connection.cursor() as cursor:
        yield impatient(cursor)


@pytest.fixture
def other(url: str) -> Iterator[Cursor]:
    with closing(connect(url)) as connection, connection.cursor() as cursor:
        yield impatient(cursor)


def impatient(cursor: Cursor) -> Cursor:
    cursor.execute("SET innodb_lock_wait_timeout = 1")
    return cursor


def refused(cursor: Cursor, statement: str) -> int:
    """The number of the error that the statement gives."""
    with pytest.raises(pymysql.MySQLError) as caught:
        cursor.execute(statement)
    number: int = caught.value.args[0]
    return number


def test_an_upsert_assigns_from_left_to_right(one: Cursor) -> None:
    """So a rule in it that reads a column set before it reads the new value."""
    insert = "INSERT INTO callbacks (intent, status, state) VALUES ('a', 'success', 'dead')"
    one.execute(insert)
    again = " ON DUPLICATE KEY UPDATE state = 'pending', opened_in = state"
    one.execute(insert + again)
    one.execute("SELECT state, opened_in FROM callbacks")
    assert one.fetchone() == ("pending", "pending")  # the standard's SQL says 'dead'


@pytest.mark.parametrize(("flag", "new", "taken"), [(0, 1, 0), (2, 1, 1)])
def test_an_upsert_that_changes_nothing_may_count_as_an_insert(
    url: str, flag: int, new: int, taken: int
) -> None:
    """With FOUND_ROWS, which SQLAlchemy sets, a new row and a taken key both say 1."""
    upsert = "INSERT INTO payments VALUES ('n', 'o', 'pending', NULL) ON DUPLICATE KEY UPDATE "
    with closing(found_rows(url, flag)) as connection, connection.cursor() as cursor:
        assert cursor.execute(upsert + "id = id") == new
        assert cursor.execute(upsert + "id = id") == taken


@pytest.mark.parametrize("flag", [0, 2])
def test_an_upsert_that_always_changes_something_tells_them_apart(url: str, flag: int) -> None:
    upsert = (
        "INSERT INTO payments VALUES ('n', 'o', 'pending', '2026-01-01')"
        " ON DUPLICATE KEY UPDATE updated_at = updated_at + INTERVAL 1 MICROSECOND"
    )
    with closing(found_rows(url, flag)) as connection, connection.cursor() as cursor:
        assert [cursor.execute(upsert) for _ in range(3)] == [1, 2, 2]


@pytest.mark.parametrize("flag", [0, 2])
def test_an_update_to_the_same_values_counts_only_with_found_rows(url: str, flag: int) -> None:
    with closing(found_rows(url, flag)) as connection, connection.cursor() as cursor:
        counted = cursor.execute("UPDATE payments SET status = 'pending' WHERE id = 'b'")
        assert counted == (1 if flag else 0)


def test_insert_ignore_cuts_what_does_not_fit(one: Cursor) -> None:
    """It is no way to leave a taken key alone: it ignores every other error as well."""
    row = f"INTO payments VALUES ('{'n' * 65}', 'o', 'pending', NULL)"
    assert refused(one, f"INSERT {row}") == TOO_LONG
    assert one.execute(f"INSERT IGNORE {row}") == 1
    one.execute("SELECT length(id) FROM payments WHERE order_id = 'o'")
    assert one.fetchone() == (64,)


def test_the_usual_collation_takes_two_intents_for_one(one: Cursor) -> None:
    one.execute("CREATE TABLE usual (id varchar(64) PRIMARY KEY)")
    one.execute("INSERT INTO usual VALUES ('aBc')")
    assert refused(one, "INSERT INTO usual VALUES ('AbC')") == DUPLICATE
    one.execute("CREATE TABLE ours (id varchar(64) PRIMARY KEY) COLLATE utf8mb4_bin")
    one.execute("INSERT INTO ours VALUES ('aBc'), ('AbC')")


def test_two_that_lock_a_missing_row_and_insert_it_deadlock(one: Cursor, other: Cursor) -> None:
    """Each holds the gap that the other wants to insert into."""
    for cursor in (one, other):
        cursor.execute("SELECT id FROM payments WHERE id = 'missing' FOR UPDATE")
    insert = "INSERT INTO payments VALUES ('missing', 'o', 'pending', NULL)"
    assert DEADLOCK in both(one, other, insert)


def test_two_that_insert_first_do_not(one: Cursor, other: Cursor) -> None:
    insert = (
        "INSERT INTO payments VALUES ('missing', 'o', 'pending', '2026-01-01')"
        " ON DUPLICATE KEY UPDATE updated_at = updated_at + INTERVAL 1 MICROSECOND"
    )
    assert both(one, other, insert) == [0, 0]


def test_two_that_insert_a_taken_key_and_then_lock_it_deadlock(one: Cursor, other: Cursor) -> None:
    """The error for the taken key leaves a shared lock, which neither can make exclusive."""
    for cursor in (one, other):
        assert refused(cursor, "INSERT INTO payments VALUES ('b', 'o', 'x', NULL)") == DUPLICATE
    assert DEADLOCK in both(one, other, "UPDATE payments SET updated_at = NOW(6) WHERE id = 'b'")


def test_insert_select_waits_for_a_locked_payment(one: Cursor, other: Cursor) -> None:
    one.execute("UPDATE payments SET status = 'success' WHERE id = 'b'")
    insert = "INSERT INTO callbacks (intent, status, state) SELECT id, 'success', 'pending'"
    assert refused(other, f"{insert} FROM payments WHERE id = 'b'") == LOCK_TIMEOUT
    other.execute("SELECT id FROM payments WHERE id = 'b'")
    other.execute("INSERT INTO callbacks (intent, status, state) VALUES ('b', 'success', 'new')")


@pytest.mark.parametrize("level", ["REPEATABLE READ", "READ COMMITTED"])
def test_locking_an_order_locks_the_gap_beside_it(one: Cursor, other: Cursor, level: str) -> None:
    """At the default level, so that the checkout of another order waits for a handler."""
    one.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
    one.execute("UPDATE payments SET updated_at = NOW(6) WHERE order_id = 'o-2'")
    checkout = "INSERT INTO payments VALUES ('z', 'o-3', 'pending', NULL)"
    if level == "REPEATABLE READ":
        assert refused(other, checkout) == LOCK_TIMEOUT
    else:
        other.execute(checkout)


def test_an_update_that_finds_nothing_locks_a_gap(one: Cursor, other: Cursor) -> None:
    adopt = "UPDATE callbacks SET state = 'pending' WHERE intent = 'm' AND state = 'unregistered'"
    one.execute(adopt)
    insert = "INSERT INTO callbacks (intent, status, state) VALUES ('n', 'success', 'pending')"
    assert refused(other, insert) == LOCK_TIMEOUT
    one.connection.rollback()
    one.execute("SELECT id FROM callbacks WHERE intent = 'm' AND state = 'unregistered'")
    other.execute(insert)


def test_a_read_before_the_lock_is_what_later_reads_see(one: Cursor, other: Cursor) -> None:
    """At the default level; after the lock, the first read sees what is there now."""
    read = "SELECT status FROM payments WHERE id = 'b'"
    one.execute(read)
    other.execute("UPDATE payments SET status = 'success' WHERE id = 'b'")
    other.connection.commit()
    one.execute("UPDATE payments SET updated_at = NOW(6) WHERE order_id = 'absent'")
    one.execute(read)
    assert one.fetchone() == ("pending",)
    one.connection.rollback()
    one.execute("UPDATE payments SET updated_at = NOW(6) WHERE order_id = 'o-2'")
    one.execute(read)
    assert one.fetchone() == ("success",)


def test_a_json_column_refuses_deep_documents(one: Cursor) -> None:
    """MariaDB beyond 32 levels, MySQL beyond 100: such a callback could never be stored."""
    one.execute("CREATE TABLE documents (as_json json, as_text longtext)")
    deep = '{"a":' * 200 + "1" + "}" * 200
    assert refused(one, f"INSERT INTO documents (as_json) VALUES ('{deep}')") in (3157, 4025)
    one.execute(f"INSERT INTO documents (as_text) VALUES ('{deep}')")


def both(one: Cursor, other: Cursor, statement: str) -> list[int]:
    """Run and commit it in both sessions at once; the numbers of their errors, 0 for none."""
    numbers: list[int] = []

    def run(cursor: Cursor) -> None:
        try:
            cursor.execute(statement)
            cursor.connection.commit()
            numbers.append(0)
        except pymysql.MySQLError as error:
            cursor.connection.rollback()
            numbers.append(error.args[0])

    threads = [threading.Thread(target=run, args=[cursor]) for cursor in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return numbers


def found_rows(url: str, flag: int) -> Connection[Cursor]:
    """A connection that counts rows as found (FOUND_ROWS, 2) or as changed (0)."""
    return connect(url, client_flag=flag)
