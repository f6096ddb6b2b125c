"""Flask under its servers: several processes, forked before or after the application is loaded."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
from asyncio import to_thread
from typing import TYPE_CHECKING

import pytest

from kgscaffold.ports import free_port
from kgscaffold.verify.app import TOKEN
from kgscaffold.verify.extras import Fault
from kgscaffold.verify.running import until
from kgscaffold.verify.shown import has_failed, has_status
from kgscaffold.verify.statuses import PENDING, SUCCESS
from tests.conformance.harness.ground import TestGround
from tests.conformance.harness.playing import edit, play
from tests.conformance.harness.project import copied
from tests.conformance.harness.several import storm_on, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from kgscaffold.verify.app import App
    from kgscaffold.verify.process import Ran
    from tests.conformance.harness.world import World

pytestmark = pytest.mark.framework("flask")
FOUR = ["--workers", "4"]
SERVERS = {
    "sync": ([*FOUR, "--worker-class", "sync"], False),
    "gthread": (FOUR, False),
    "preload, worker in process": ([*FOUR, "--preload"], True),
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


@pytest.mark.parametrize("server", SERVERS)
def test_a_storm_on_four_processes_takes_every_effect_exactly_once(
    world: World, server: str, figure: Callable[[str], None]
) -> None:
    options, inside = SERVERS[server]
    command = [*world.project.commands["start"], *options]
    result = storm_on(world, command, worker_inside=inside)
    figure(f"{server}: {told(result)}")
    assert not result.violations, result.text


def test_the_worker_in_process_runs_in_the_processes_that_are_forked(world: World) -> None:
    """Threads die at a fork: one that was begun before it works in the parent alone."""

    async def scenario(app: App) -> str | None:
        await app.start_web([*app.project.commands["start"], "--preload"])
        bought = await app.buy()
        parent = app.webs[-1].process.pid
        os.kill(parent, signal.SIGSTOP)
        try:
            await app.deliver(bought.intent, SUCCESS)
            assert (await app.claim_at(app.webs[-1], bought.intent, SUCCESS)).status == 200
            found = await app.settled({bought.intent: has_status(SUCCESS)})
        finally:
            os.kill(parent, signal.SIGCONT)
        return found[bought.intent].status

    async def alone() -> str | None:
        async with TestGround(world).open(web=False, KRYPTOGO_WORKER="on") as app:
            return await scenario(app)

    assert asyncio.run(alone()) == SUCCESS


def test_the_worker_in_process_finishes_what_is_under_way_before_it_ends(world: World) -> None:
    async def scenario(app: App) -> tuple[int, str | None]:
        bought = await app.buy()
        await to_thread(app.effects.order, bought.intent, Fault(sleep=3))
        await app.deliver(bought.intent, SUCCESS)
        assert await until(lambda: app.effects.calls(bought.intent) > 0)
        code = await to_thread(app.webs[0].process.stop)
        return code, (await app.show(bought.intent))[bought.intent].status

    assert play(world, scenario) == (0, SUCCESS)


def test_a_handler_that_commits_keeps_nothing_and_is_told_why(world: World) -> None:
    """`db.session.commit()` is a habit; half of a payment would be kept for ever."""
    project = copied(world.project, world.folder / "shop-that-commits")
    edit(project, _APPLIED, _COMMITTED)

    async def scenario(app: App) -> None:
        bought = await app.buy()
        await app.deliver(bought.intent, SUCCESS)
        found = (await app.settled({bought.intent: has_failed(SUCCESS)}))[bought.intent]
        assert "must not commit" in str(found.callback(SUCCESS)["last_error"])
        assert found.status == PENDING
        assert found.order["status"] == "new"
        assert (await to_thread(app.effects.left, [bought.intent])).get(bought.intent, []) == []

    play(world, scenario, project)


def test_a_handler_uses_the_session_of_the_application(world: World) -> None:
    """What the shop's own functions do with `db.session` is in the payment's transaction."""
    project = copied(world.project, world.folder / "shop-with-its-session")
    edit(project, _APPLIED, _SESSION_ASKED)

    async def scenario(app: App) -> str | None:
        bought = await app.buy()
        await app.deliver(bought.intent, SUCCESS)
        found = await app.settled({bought.intent: has_status(SUCCESS)})
        return found[bought.intent].status

    assert play(world, scenario, project) == SUCCESS


@pytest.mark.parametrize("command", BAD_STARTS)
def test_every_fault_stops_the_start_at_once_without_a_traceback(
    world: World, command: str
) -> None:
    async def started() -> Ran:
        async with TestGround(world).open(web=False) as app:
            variables = app.with_variables(
                PORT=str(free_port()), KRYPTOGO_CLIENT_ID=None, KRYPTOGO_ENVIRONMENT="x"
            )
            words = shlex.split(BAD_STARTS[command])
            return await to_thread(app.project.run, words, variables, 60)

    ran = asyncio.run(started())
    assert ran.code not in (0, None)
    assert "KRYPTOGO_CLIENT_ID is not set" in ran.told
    assert "KRYPTOGO_ENVIRONMENT is 'x'" in ran.told
    assert "Traceback" not in ran.told


def test_the_development_server_takes_callbacks_and_masks_the_token(world: World) -> None:
    async def played() -> tuple[str | None, str]:
        async with TestGround(world).open(web=False, KRYPTOGO_WORKER="on") as app:
            port = app.variables["PORT"]
            await app.start_web(["python", "-m", "flask", "run", "--port", port])
            bought = await app.buy()
            await app.deliver(bought.intent, SUCCESS)
            found = await app.settled({bought.intent: has_status(SUCCESS)})
            return found[bought.intent].status, app.logs.text()

    status, log = asyncio.run(played())
    assert status == SUCCESS
    assert "token=***" in log
    assert TOKEN not in log
