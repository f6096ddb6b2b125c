"""Node's frameworks in a cluster: two processes that answer on one port, a worker in each."""

from __future__ import annotations

import asyncio
from asyncio import to_thread
from typing import TYPE_CHECKING

import pytest

from kgscaffold.verify.extras import Fault
from kgscaffold.verify.running import until
from kgscaffold.verify.statuses import SUCCESS
from tests.conformance.harness.ground import TestGround
from tests.conformance.harness.several import storm_on, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.harness.world import World

pytestmark = pytest.mark.framework("express", "nestjs")

OF_TWO = """
import cluster from "node:cluster";
cluster.setupPrimary({ exec: process.argv[1], execArgv: [] });
for (const _ of [1, 2]) cluster.fork();
process.on("SIGTERM", () => {
  for (const worker of Object.values(cluster.workers)) worker.process.kill("SIGTERM");
});
let code = 0;
cluster.on("exit", (_, ended, signal) => {
  code ||= signal === "SIGTERM" ? 0 : (ended ?? 1);
  if (Object.keys(cluster.workers).length === 0) process.exit(code);
});
"""


def clustered(world: World) -> list[str]:
    """Give the command that starts the project's server twice, on one port."""
    *node, server = world.project.commands["start"]
    return [*node, "--input-type=module", "-e", OF_TWO, server]


def test_a_storm_on_a_cluster_takes_every_effect_exactly_once(
    world: World, figure: Callable[[str], None]
) -> None:
    result = storm_on(world, clustered(world), worker_inside=True)
    figure(f"cluster of 2: {told(result)}")
    assert not result.violations, result.text


def test_a_cluster_finishes_what_is_under_way_before_it_ends(world: World) -> None:
    async def played() -> tuple[int, str | None]:
        async with TestGround(world).open(web=False, KRYPTOGO_WORKER="on") as app:
            await app.start_web(clustered(world))
            bought = await app.buy()
            await to_thread(app.effects.order, bought.intent, Fault(sleep=3))
            await app.deliver(bought.intent, SUCCESS)
            assert await until(lambda: app.effects.calls(bought.intent) > 0)
            code = await to_thread(app.webs[0].process.stop)
            return code, (await app.show(bought.intent))[bought.intent].status

    assert asyncio.run(played()) == (0, SUCCESS)
