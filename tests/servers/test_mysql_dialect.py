"""The generated code on MySQL: the traps of `test_mysql_traps` avoided."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.servers.mysql_shop import play

if TYPE_CHECKING:
    pass


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


def test_a_claim_that_meets_a_deadlock_is_tried_again(project: Path, url: str) -> None:
    """Two workers claim several at once. It is no database that is away, and nothing is raised."""
    play(
        project,
        url,
        """
        await register("a", "o")
        assert await queue.accept(delivery("a"), True)
        due = await store.due_callbacks(datetime.now(UTC), 8)
        claim, tries = store.claim, []

        async def meets_a_deadlock(tx, *values):
            tries.append(values)
            if len(tries) == 1:
                await tx.execute(sa.text("SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213"))
            return await claim(tx, *values)

        store.claim = meets_a_deadlock
        ((claimed, payment),) = await worker.Work().claim(due)
        assert (claimed.payment_intent_id, payment.order_id, len(tries)) == ("a", "o", 2)
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
