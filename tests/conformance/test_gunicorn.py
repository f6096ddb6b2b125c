"""Flask under its servers: several processes, forked before or after the application is loaded."""

from __future__ import annotations

import os
import shlex
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from tests.conformance.harness.faults import Fault
from tests.conformance.harness.journeys import (
    assert_announced,
    assert_clean_log,
    assert_exactly_once,
    await_ends,
    begin,
    shuffled_deliveries,
    travel,
)
from tests.conformance.harness.load import Load
from tests.conformance.harness.measure import described
from tests.conformance.harness.shop import TOKEN
from tests.conformance.harness.waiting import until
from tests.conformance.statuses import PENDING, SUCCESS
from tests.servers.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.harness.shop import Shop
    from tests.conformance.harness.world import World

pytestmark = pytest.mark.framework("flask")
INTENTS, COPIES, SEED = 40, 8, 20261
FOUR = ["--workers", "4"]
SERVERS = {
    "sync": ([*FOUR, "--worker-class", "sync"], "off"),
    "gthread": (FOUR, "off"),
    "preload, worker in process": ([*FOUR, "--preload"], "on"),
}


BAD_STARTS = {
    "gunicorn": "python -m gunicorn wsgi:app",
    "gunicorn, preload": "python -m gunicorn wsgi:app --preload --workers 4",
    "flask run": "python -m flask run",
    "flask run, debug": "python -m flask run --debug",
    "worker": "python -m flask kryptogo work",
}
_APPLIED = "        apply(tx, payment, event)\n"
_COMMITTED = f"""{_APPLIED}
        from app.db import db

        db.session.commit()
"""
_SESSION_ASKED = f"""{_APPLIED}
        from app.db import db

        assert db.session() is tx
"""


def _gunicorn(shop: Shop, *options: str) -> list[str]:
    return [*shop.project.commands["start"], *options]


@pytest.mark.parametrize("server", SERVERS)
def test_a_storm_on_four_processes_takes_every_effect_exactly_once(
    world: World, server: str, figure: Callable[[str], None]
) -> None:
    options, worker = SERVERS[server]
    with world.open_shop(web=False, KRYPTOGO_WORKER=worker) as shop:
        shop.start_web(_gunicorn(shop, *options))
        if worker == "off":
            shop.start_worker()
        journeys = begin(shop, INTENTS)
        deliveries = shuffled_deliveries(journeys, COPIES, SEED)
        progress = threading.Thread(target=travel, args=(shop, journeys, SEED))
        with Load(lambda: [shop.callback_url()], deliveries) as load:
            progress.start()
        progress.join()
        await_ends(shop, journeys, within=200)
        figure(f"{server}: {len(deliveries)} deliveries; {described(load.seconds)}")
        assert load.statuses[200] == len(deliveries)
        # The writers of one process stand in line; those of several may find SQLite busy.
        assert set(load.statuses) <= ({200, 503} if world.stack.one_writer else {200})
        assert (load.broken, load.without_retry_after) == (0, 0)
        assert_exactly_once(shop, journeys)
        assert_announced(shop, journeys)
        if not world.stack.one_writer:
            assert_clean_log(shop)


def test_the_worker_in_process_runs_in_the_processes_that_are_forked(world: World) -> None:
    """Threads die at a fork: one that was begun before it works in the parent alone."""
    with world.open_shop(web=False, KRYPTOGO_WORKER="on") as shop:
        web = shop.start_web(_gunicorn(shop, "--preload"))
        bought = shop.buy()
        os.kill(web.pid, signal.SIGSTOP)
        try:
            shop.deliver(bought.intent, SUCCESS)
            shop.records.await_status(bought.intent, SUCCESS)
        finally:
            os.kill(web.pid, signal.SIGCONT)


def test_the_worker_in_process_finishes_what_is_under_way_before_it_ends(world: World) -> None:
    with world.open_shop() as shop:
        bought = shop.buy()
        shop.faults.order(bought.intent, apply=Fault(sleep=3))
        shop.deliver(bought.intent, SUCCESS)
        until(lambda: shop.faults.attempts(bought.intent) > 0)
        assert shop.webs[0].stop() == 0
        assert shop.records.status(bought.intent) == SUCCESS


def test_a_handler_that_commits_keeps_nothing_and_is_told_why(world: World) -> None:
    """`db.session.commit()` is a habit; half of a payment would be kept for ever."""
    project = world.project.copy(world.folder / "shop-that-commits")
    effects = project.folder / "app" / "effects.py"
    effects.write_text(effects.read_text().replace(_APPLIED, _COMMITTED))
    with world.open_shop(project=project) as shop:
        bought = shop.buy()
        shop.deliver(bought.intent, SUCCESS)
        until(lambda: shop.records.callbacks(bought.intent)[SUCCESS]["last_error"])
        assert "must not commit" in shop.records.callbacks(bought.intent)[SUCCESS]["last_error"]
        assert shop.records.status(bought.intent) == PENDING
        assert shop.order_page(bought.order)["status"] == "new"
        assert shop.records.effects(bought.intent) == []


def test_a_handler_uses_the_session_of_the_application(world: World) -> None:
    """What the shop's own functions do with `db.session` is in the payment's transaction."""
    project = world.project.copy(world.folder / "shop-with-its-session")
    effects = project.folder / "app" / "effects.py"
    effects.write_text(effects.read_text().replace(_APPLIED, _SESSION_ASKED))
    with world.open_shop(project=project) as shop:
        bought = shop.buy()
        shop.deliver(bought.intent, SUCCESS)
        shop.records.await_status(bought.intent, SUCCESS)


@pytest.mark.parametrize("command", BAD_STARTS)
def test_every_fault_stops_the_start_at_once_without_a_traceback(
    world: World, command: str
) -> None:
    with world.open_shop(web=False, KRYPTOGO_CLIENT_ID=None, KRYPTOGO_ENVIRONMENT="x") as shop:
        variables = {**shop.variables, "PORT": str(free_port())}
        ran = shop.project.run(shlex.split(BAD_STARTS[command]), variables, timeout=30)
        told = ran.out + ran.err
        assert ran.code not in (0, None)
        assert "KRYPTOGO_CLIENT_ID is not set" in told
        assert "KRYPTOGO_ENVIRONMENT is 'x'" in told
        assert "Traceback" not in told


def test_the_development_server_takes_callbacks_and_masks_the_token(world: World) -> None:
    with world.open_shop(web=False) as shop:
        port = shop.variables["KRYPTOGO_CALLBACK_URL"].split(":")[2].partition("/")[0]
        web = shop.start_web(["python", "-m", "flask", "run", "--port", port])
        bought = shop.buy()
        shop.deliver(bought.intent, SUCCESS)
        shop.records.await_status(bought.intent, SUCCESS)
        assert "token=***" in web.log.read_text()
        assert TOKEN not in web.log.read_text()
