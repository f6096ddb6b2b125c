"""The database away for a while: deliveries are put off, and nothing is lost."""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import cycle
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.conformance.harness.faults import Fault
from tests.conformance.harness.http import post
from tests.conformance.harness.journeys import (
    Journey,
    assert_announced,
    assert_exactly_once,
    await_ends,
    begin,
    shuffled_deliveries,
    travel,
)
from tests.conformance.harness.load import Load
from tests.conformance.harness.measure import described
from tests.conformance.harness.waiting import until
from tests.conformance.statuses import PENDING, STATUSES, SUCCESS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.harness.project import Project
    from tests.conformance.harness.shop import Shop
    from tests.conformance.harness.world import World

SEED = 11
FROZEN_SECONDS = 45
"""Longer than any wait of the shop's own engine."""


def test_deliveries_are_put_off_while_the_database_is_away(world: World) -> None:
    with world.outage_server() as server, world.open_shop(server=server) as shop:
        bought = shop.buy()
        shop.set_truth(bought.intent, SUCCESS)
        with server.away(shop.database):
            answer = shop.claim(bought.intent, SUCCESS)
            assert answer.status == 503, answer
            assert int(answer.headers["retry-after"]) > 0
            refused = post(shop.callback_url(token="wrong"), {"payment_intent_id": "a"})
            assert refused.status == 404
        until(lambda: shop.claim(bought.intent, SUCCESS).status == 200, 20, why="it is back")
        shop.records.await_status(bought.intent, SUCCESS, within=40)
        assert shop.order_page(bought.order)["status"] == "paid"
        assert shop.records.effect_statuses(bought.intent) == [SUCCESS]


def test_a_database_that_takes_no_writes_is_asked_once_a_second(world: World) -> None:
    """A full disk, or a standby: the worker must not spin, and a cron job has to end."""
    with world.open_shop(KRYPTOGO_WORKER="off") as shop:
        bought = shop.buy()
        shop.deliver(bought.intent, SUCCESS)
        with shop.database.refusing("kryptogo_callbacks"):
            once = shop.ops("work", "--once", "--json")
            assert once.code == 1, once
            assert "no writes here" in once.out
            worker = shop.start_worker()
            until(lambda: "no writes here" in worker.log.read_text(), 60, why="it has started")
            time.sleep(4)
            assert worker.log.read_text().count("no writes here") == 1
        shop.records.await_status(bought.intent, SUCCESS)
        assert shop.records.effect_statuses(bought.intent) == [SUCCESS]
        assert worker.stop() == 0


def test_a_database_that_is_away_is_waited_for_and_told_of_once(world: World) -> None:
    with (
        world.outage_server() as server,
        world.open_shop(server=server, web=False, KRYPTOGO_WORKER="on") as shop,
    ):
        with server.away(shop.database):
            web = shop.start_web()
            told_within = 70 if world.stack.one_writer else 20
            until(lambda: "unavailable" in web.log.read_text(), told_within, why=web.log.read_text)
            time.sleep(4)
            lines = [line for line in web.log.read_text().splitlines() if "unavailable" in line]
            assert len(lines) == 1, lines
        until(lambda: "database is back" in web.log.read_text(), 40, why=web.log.read_text)
        assert "Traceback" not in web.log.read_text()
        bought = shop.buy()
        shop.deliver(bought.intent, SUCCESS)
        shop.records.await_status(bought.intent, SUCCESS)


def test_the_database_goes_and_comes_in_the_middle_of_the_load(
    world: World, figure: Callable[[str], None]
) -> None:
    with world.outage_server() as server, world.open_shop(server=server) as shop:
        shop.start_web()
        journeys = begin(shop, 60)
        shop.faults.order(apply=Fault(sleep=0.02))
        urls = [shop.callback_url(web) for web in shop.webs]
        progress = threading.Thread(target=_travel_slowly, args=(shop, journeys))
        deliveries = shuffled_deliveries(journeys, 1, SEED)
        with Load(lambda: urls, cycle(deliveries), senders=8, pause=0.03) as load:
            progress.start()
            for _ in range(3):
                time.sleep(2)
                with server.away(shop.database):
                    time.sleep(12 if world.stack.one_writer else 1.5)
            progress.join()
            time.sleep(1)
            load.enough(len(deliveries))
        figure(f"database away 3 times: answers {dict(load.statuses)}, {load.broken} broken")
        shop.records.expire_leases()
        await_ends(shop, journeys, within=120)
        assert all(web.running for web in shop.webs)
        assert set(load.statuses) <= {200, 503}, load.statuses
        assert load.statuses[503] > 0
        assert load.without_retry_after == 0
        assert load.broken == 0
        shop.faults.lift()
        assert_exactly_once(shop, journeys)
        assert_announced(shop, journeys)


def _travel_slowly(shop: Shop, journeys: list[Journey]) -> None:
    for start in range(0, len(journeys), 10):
        travel(shop, journeys[start : start + 10], SEED)
        time.sleep(1.5)


SLOW_MIGRATION = """
from alembic import op

revision = "9001_slow"
down_revision = "9000_effects"


def upgrade() -> None:
    op.execute("SELECT pg_sleep(3)")
"""


def test_a_migration_may_take_longer_than_a_statement_of_the_shop(world: World) -> None:
    """An index on a large table takes minutes; SQLite has no wait for a statement to bound."""
    if world.stack.one_writer:
        return
    project = world.project.copy(world.folder / "shop-with-a-slow-migration")
    _edit(project, r"(STATEMENT|LOCK)_SECONDS = \d+", r"\1_SECONDS = 1")
    sleep = {"postgresql": "pg_sleep(3)", "mysql": "SLEEP(3)"}[world.stack.database]
    slow = SLOW_MIGRATION.replace("pg_sleep(3)", sleep)
    (project.folder / "migrations" / "versions" / "9001_slow.py").write_text(slow)
    project.migrate(world.server.fresh("slow_migration", migrated=False).url)


def test_an_error_of_the_database_is_told_without_its_statement_and_values(world: World) -> None:
    """SQLAlchemy's text has both; the shop's own engine hides the values, a user's may not.

    Only the traceback of a handler shows the statement, and there without the values.
    """
    project = world.project.copy(world.folder / "shop-that-hides-nothing")
    _edit(project, r"""(hide_parameters"?[=:] ?)True""", r"\1False")
    with world.open_shop(project=project) as shop:
        bought = shop.buy()
        with shop.database.refusing("orders"):
            shop.deliver(bought.intent, SUCCESS)
            told = until(
                lambda: shop.records.callbacks(bought.intent)[SUCCESS]["last_error"],
                why=lambda: shop.describe(bought.intent),
            )
            assert "no writes here" in told
        with shop.database.refusing("kryptogo_callbacks"):
            assert shop.claim(bought.intent, SUCCESS).status == 503
            until(lambda: shop.log_text().count("no writes here") >= 3, why=shop.log_text)
        log = shop.log_text()
        assert "handlers/success.py" in log
        assert "[parameters" not in told + log, told + log
        assert "[SQL" not in told


def _edit(project: Project, pattern: str, replacement: str) -> None:
    """Change the one module of the shop that says how its database is reached."""
    modules = [(path, path.read_text()) for path in (project.folder / "app").glob("*.py")]
    ((path, text),) = [(path, text) for path, text in modules if re.search(pattern, text)]
    path.write_text(re.sub(pattern, replacement, text))


@pytest.mark.parametrize("seconds", [13])
def test_writers_shut_out_are_told_to_come_again_and_later_let_in(
    world: World, seconds: int
) -> None:
    with world.open_shop() as shop:
        bought = [shop.buy() for _ in range(10)]
        for one in bought:
            shop.set_truth(one.intent, SUCCESS)
        with ThreadPoolExecutor(50) as pool:
            with shop.database.lock(seconds):
                began = time.monotonic()
                flood = [
                    pool.submit(shop.claim, one.intent, status)
                    for one in bought
                    for status in STATUSES
                ]
                time.sleep(seconds)
                assert httpx.get(f"{shop.webs[0].url}/healthz", timeout=5).status_code == 200
                during = [one for one in flood if one.done()]
            answers = [one.result() for one in flood]
        assert time.monotonic() - began < 60
        if world.stack.one_writer:
            assert during, "no delivery was put off while the lock was held"
        for answer in answers:
            assert answer.status in (200, 503), answer
            assert answer.status == 200 or "retry-after" in answer.headers
        for one in bought:
            until(partial(_is_let_in, shop, one.intent), why="it is let in")
        for one in bought:
            shop.records.await_status(one.intent, SUCCESS, within=60)
            assert shop.records.effect_statuses(one.intent) == [SUCCESS]


def test_a_database_that_freezes_is_waited_for_within_bounds(
    world: World, figure: Callable[[str], None]
) -> None:
    """Neither a request nor the worker hangs with it, and both go on when it does."""
    with world.outage_server() as server, world.open_shop(server=server) as shop:
        applying, *others = bought = [shop.buy() for _ in range(30)]
        with ThreadPoolExecutor(30) as pool:
            list(pool.map(lambda one: shop.claim(one.intent, PENDING), others))  # fills its pool
        for one in others:
            shop.records.await_closed(one.intent, PENDING)
        for one in bought:
            shop.set_truth(one.intent, SUCCESS)
        shop.faults.order(applying.intent, apply=Fault(sleep=3))
        shop.claim(applying.intent, SUCCESS)
        until(lambda: shop.faults.attempts(applying.intent), why="apply has begun")
        with ThreadPoolExecutor(30) as pool, server.frozen(shop.database):
            began = time.monotonic()
            answers = list(pool.map(lambda one: shop.claim(one.intent, SUCCESS), others))
            assert httpx.get(f"{shop.webs[0].url}/healthz", timeout=5).status_code == 200
            figure(f"database frozen: {described([answer.seconds for answer in answers])}")
            assert {answer.status for answer in answers} == {503}
            assert all("retry-after" in answer.headers for answer in answers)
            time.sleep(max(0, began + FROZEN_SECONDS - time.monotonic()))
        thawed = time.monotonic()
        for one in others:
            until(partial(_is_let_in, shop, one.intent), why="it is let in")
        shop.records.expire_leases()
        for one in bought:
            shop.records.await_status(one.intent, SUCCESS, within=30)
        figure(f"database frozen: all is settled {time.monotonic() - thawed:.1f} s after its end")
        for one in bought:
            shop.records.await_closed(one.intent, SUCCESS, within=30)
            assert shop.records.effect_statuses(one.intent)[-1:] == [SUCCESS]
        assert set(shop.records.all_effects().values()) == {1}


def _is_let_in(shop: Shop, intent: str) -> bool:
    return shop.claim(intent, SUCCESS).status == 200
