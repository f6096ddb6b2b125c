"""The generated code on MySQL: the traps of `test_mysql_traps` avoided, and what it refuses."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from kgscaffold.answers import Answers, Database, Framework
from tests.servers.mariadb import Cluster, Databases, connect, server_url
from tests.servers.reaper import Reaper
from tests.snapshots.trees import rendered

if TYPE_CHECKING:
    from collections.abc import Iterator

PRELUDE = """
import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from app import db
from app.kryptogo.core import database, dialect, queue, store, tables
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


@pytest.fixture(scope="module")
def reaper() -> Iterator[Reaper]:
    reaper = Reaper()
    yield reaper
    reaper.close()


@pytest.fixture(scope="module")
def server(reaper: Reaper) -> Iterator[str]:
    url, cluster = server_url(reaper)
    yield url
    if cluster is not None:
        cluster.close()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered shop; what it needs is installed here, for the type checks."""
    folder = tmp_path_factory.mktemp("shop")
    for path, content in rendered(Answers(Framework.FASTAPI, Database.MYSQL, "shop")).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return folder


@pytest.fixture
def url(server: str, project: Path) -> Iterator[str]:
    """A fresh, migrated database."""
    databases = Databases(server)
    url = databases.create("dialect")
    migrated = run(project, url, "-m", "alembic", "upgrade", "head")
    assert migrated.returncode == 0, migrated.stderr
    yield url
    databases.drop("dialect")


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


def test_a_taken_key_is_told_from_a_new_one(project: Path, url: str) -> None:
    play(
        project,
        url,
        """
        assert [await register("a", "o") for _ in range(3)] == [True, False, False]
        found = await store.get_payment("a")
        assert found.created_at == AT
        """,
    )


def test_what_does_not_fit_is_an_error_and_not_cut(project: Path, url: str) -> None:
    play(
        project,
        url,
        """
        try:
            await register("a" * 65, "o")
        except DBAPIError as error:
            assert not dialect.is_transient(error)
        else:
            raise AssertionError("it was stored")
        """,
    )


def test_ids_that_differ_in_case_are_two(project: Path, url: str) -> None:
    play(
        project,
        url,
        """
        assert await register("aBc", "o-1") and await register("AbC", "O-1")
        assert (await store.get_payment("aBc")).order_id == "o-1"
        assert [one.payment_intent_id for one in await store.payments_of_order("O-1")] == ["AbC"]
        """,
    )


def test_times_keep_their_microseconds_and_amounts_every_digit(project: Path, url: str) -> None:
    play(
        project,
        url,
        """
        row = payment("a", "o", amount="1234567890123456.7891")
        row["payment_deadline"] = AT.astimezone(timezone(timedelta(hours=8)))
        row["crypto_amount"] = "0.000000000000000001"
        async with dialect.begin() as tx:
            await store.insert_payment(tx, row)
        found = await store.get_payment("a")
        assert found.payment_deadline == AT and found.payment_deadline.tzinfo == UTC
        assert found.expected_fiat_amount == "1234567890123456.7891"
        assert found.crypto_amount == "0.000000000000000001"
        """,
    )


def test_storing_a_callback_waits_for_no_payment(project: Path, url: str) -> None:
    play(
        project,
        url,
        """
        await register("a", "o")
        async with dialect.begin() as tx:
            await store.lock_order(tx, "o", AT)
            for _ in range(2):
                assert await asyncio.wait_for(queue.accept(delivery("a"), False), 0.9)
        (stored,) = await store.callbacks_of("a")
        assert (stored.state, stored.deliveries) == ("pending", 2)
        """,
    )


def test_the_state_of_a_new_callback_is_that_of_its_intent(project: Path, url: str) -> None:
    play(
        project,
        url,
        """
        await register("known", "o")
        assert await queue.accept(delivery("known"), True)
        assert await queue.accept(delivery("strange"), True)
        assert not await queue.accept(delivery("refused"), False)
        states = [await store.callbacks_of(one) for one in ("known", "strange", "refused")]
        assert [[one.state for one in of] for of in states] == [["pending"], ["unregistered"], []]
        """,
    )


def test_a_callback_is_stored_however_deep_its_document(project: Path, url: str) -> None:
    play(
        project,
        url,
        """
        deep = 1
        for _ in range(200):
            deep = {"a": deep}
        assert await queue.accept(delivery("a", deep), True)
        assert (await store.callbacks_of("a"))[0].payload == deep
        """,
    )


def test_the_checkout_of_another_order_does_not_wait_for_a_handler(project: Path, url: str) -> None:
    play(
        project,
        url,
        """
        await register("b", "o-2")
        async with dialect.begin() as tx:
            await store.lock_order(tx, "o-2", AT)
            assert await asyncio.wait_for(register("c", "o-3"), 0.9)
        """,
    )


def test_a_registration_locks_no_place_where_callbacks_are_stored(project: Path, url: str) -> None:
    """The user's own transaction, at the usual level, that may stay open for long."""
    play(
        project,
        url,
        """
        await register("k", "o")
        await queue.accept(delivery("k"), True)
        async with dialect.sessions.begin() as tx:
            await store.insert_payment(tx, payment("m", "o-2"))
            await store.adopt(tx, AT, "m")
            assert await asyncio.wait_for(queue.accept(delivery("l"), True), 0.9)
            assert await asyncio.wait_for(queue.accept(delivery("n"), True), 0.9)
        """,
    )


def test_two_that_register_a_known_intent_do_not_deadlock(project: Path, url: str) -> None:
    play(
        project,
        url,
        """
        await register("a", "o")
        begun = asyncio.Barrier(2)

        async def again():
            async with dialect.sessions.begin() as tx:
                await tx.execute(sa.text("SELECT 1"))
                await begun.wait()
                assert not await store.insert_payment(tx, payment("a", "o"))
                await asyncio.sleep(0.1)
                await store.lock_order(tx, "o", AT)

        await asyncio.gather(again(), again())
        """,
    )


def test_after_the_lock_what_others_committed_is_seen(project: Path, url: str) -> None:
    play(
        project,
        url,
        """
        await register("a", "o")
        locked = asyncio.Event()

        async def first():
            async with dialect.begin() as tx:
                seen = (await store.lock_order(tx, "o", AT))["a"]
                locked.set()
                await asyncio.sleep(0.3)
                await store.update_payment(tx, seen, replace(seen, status=Status.SUCCESS))

        async def second():
            await locked.wait()
            async with dialect.begin() as tx:
                return (await store.lock_order(tx, "o", AT))["a"].status

        _, seen = await asyncio.gather(first(), second())
        assert seen == "success", seen
        """,
    )


def test_a_deadlock_and_a_long_wait_are_tried_again(project: Path, url: str) -> None:
    play(
        project,
        url,
        """
        await register("a", "o-1")
        await register("b", "o-2")
        tries = []

        async def both(one, other, begun=asyncio.Barrier(2)):
            async def work(tx):
                tries.append(one)
                await store.lock_order(tx, one, AT)
                if len(tries) <= 2:
                    await begun.wait()
                await store.lock_order(tx, other, AT)

            await database.transaction(work)

        await asyncio.gather(both("o-1", "o-2"), both("o-2", "o-1"))
        assert len(tries) == 3, tries

        async def locks(tx):
            tries.append("waits")
            await store.lock_order(tx, "o-1", AT)

        async with dialect.begin() as holder:
            await store.lock_order(holder, "o-1", AT)
            waiting = asyncio.create_task(database.transaction(locks))
            await asyncio.sleep(1.5)
        await waiting
        assert tries[3:] == ["waits", "waits"], tries
        """,
    )


@pytest.mark.parametrize("ended", ["KILL", "KILL QUERY"])
def test_an_ended_connection_is_tried_again(project: Path, url: str, ended: str) -> None:
    play(
        project,
        url,
        f"""
        await register("a", "o")
        tries = []

        async def work(tx):
            await store.lock_order(tx, "o", AT)
            tries.append(await tx.scalar(sa.text("SELECT CONNECTION_ID()")))
            if len(tries) == 1:
                waits = asyncio.create_task(tx.execute(sa.text("SELECT SLEEP(5)")))
                await asyncio.sleep(0.2)
                async with dialect.reading() as other:
                    await other.execute(sa.text(f"{ended} {{tries[0]}}"))
                if await waits and "{ended}" == "KILL QUERY":
                    raise DBAPIError("SELECT", (), Exception(1317), False)

        await database.transaction(work)
        assert len(tries) == 2, tries
        """,
    )


def test_a_server_that_only_reads_is_left_for_another(project: Path, server: str, url: str) -> None:
    """Its connection is not used again: behind the address another may have taken over."""
    play(
        project,
        url,
        """
        await register("a", "o")
        seen = []

        async def work(tx):
            seen.append(await tx.scalar(sa.text("SELECT CONNECTION_ID()")))
            if len(seen) == 1:
                refusal = Exception(1290, "running with the --read-only option")
                raise DBAPIError("UPDATE", (), refusal, False)

        await database.transaction(work)
        assert len(set(seen)) == 2, seen
        """,
    )


COLLATION = "ALTER TABLE kryptogo_callbacks CONVERT TO CHARACTER SET utf8mb4 COLLATE "
ENGINE = "ALTER TABLE kryptogo_payments ENGINE = "
LATIN = (
    "ALTER TABLE kryptogo_callbacks MODIFY payment_intent_id varchar(64)"
    " CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL"
)


@pytest.mark.parametrize(
    ("broken", "mend", "told"),
    [
        (f"{COLLATION}utf8mb4_general_ci", f"{COLLATION}utf8mb4_bin", "utf8mb4_general_ci"),
        (
            LATIN,
            f"{COLLATION}utf8mb4_bin",
            "latin1_swedish_ci",
        ),
        (f"{ENGINE}MyISAM", f"{ENGINE}InnoDB", "MyISAM"),
    ],
    ids=["collation", "column", "engine"],
)
def test_a_table_that_breaks_what_is_relied_on_stops_the_start(
    project: Path, url: str, broken: str, mend: str, told: str
) -> None:
    execute(url, broken)
    ran = run(project, url, "-m", "app.kryptogo", "work", "--once")
    assert ran.returncode == 1, ran
    for part in (told, "DATABASE_URL", mend):
        assert part in ran.stderr
    assert "Traceback" not in ran.stderr
    execute(url, mend)
    assert run(project, url, "-m", "app.kryptogo", "work", "--once").returncode == 0


def test_a_server_without_innodb_stops_the_start(project: Path, reaper: Reaper) -> None:
    cluster = Cluster(reaper, {"innodb": "OFF", "default-storage-engine": "Aria"})
    try:
        url = Databases(cluster.url).create("shop")
        ran = run(project, url, "-m", "app.kryptogo", "work", "--once")
    finally:
        cluster.close()
    assert ran.returncode == 1, ran
    assert "DATABASE_URL names a server without InnoDB" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    "wrong", ["postgresql://localhost/shop", "sqlite:///shop.db", "mysql+nonsense://localhost/shop"]
)
def test_an_address_of_another_kind_is_told_by_its_variable(project: Path, wrong: str) -> None:
    ran = run(project, wrong, "-m", "app.kryptogo", "work", "--once")
    assert ran.returncode == 1, ran
    assert "DATABASE_URL" in ran.stderr
    assert "mysql+asyncmy://localhost/shop" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("scheme", ["mysql", "mariadb", "mysql+pymysql", "mariadb+aiomysql"])
def test_an_address_with_another_known_driver_is_as_good(
    project: Path, url: str, scheme: str
) -> None:
    other = url.replace("mysql://", f"{scheme}://")
    ran = run(project, other, "-m", "app.kryptogo", "list")
    assert ran.returncode == 0, ran


def test_the_usual_log_in_of_mysql_has_what_it_needs(project: Path) -> None:
    """MariaDB has no `caching_sha2_password`; without TLS, the driver needs one package more."""
    assert '"cryptography' in (project / "pyproject.toml").read_text()
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    sent = import_module("asyncmy.auth").sha2_rsa_encrypt(b"secret", b"s" * 20, public)
    assert len(sent) == 256
