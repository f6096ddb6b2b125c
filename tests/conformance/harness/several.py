"""A storm on a server that answers with several processes, as a framework starts it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from kgscaffold.verify.journeys import judge_log
from kgscaffold.verify.model import Depth, Result
from kgscaffold.verify.rules.storm import storm
from kgscaffold.verify.stage import Common, Stage
from tests.conformance.harness.ground import TestGround

if TYPE_CHECKING:
    from tests.conformance.harness.world import World

_INTENTS = 30


def storm_on(world: World, command: list[str], *, worker_inside: bool) -> Result:
    """Give what a storm came to; `command` starts the server, and has the worker or one beside."""
    result = Result("storm", "A storm on several processes takes every effect exactly once.")
    stage = Stage(Common(TestGround(world), Depth.STANDARD), result)

    async def played() -> None:
        where = "on" if worker_inside else "off"
        async with stage.open(web=False, KRYPTOGO_WORKER=where) as app:
            await app.start_web(command)
            if not worker_inside:
                app.start_worker()
            load = await storm(stage, app, _INTENTS)
            # The writers of one process stand in line; those of several may find SQLite busy.
            allowed = {200, 503} if stage.cell.one_writer else {200}
            stage.true("the storm", "has no other answers", set(load.statuses) <= allowed)
            stage.equal("the storm", "503 without Retry-After", load.without_retry_after, 0)
            if not stage.cell.one_writer:
                judge_log(stage, app)

    asyncio.run(played())
    return result


def told(result: Result) -> str:
    """Give the figures on one line."""
    return ", ".join(f"{name} {value:.0f}" for name, value in result.figures.items())
