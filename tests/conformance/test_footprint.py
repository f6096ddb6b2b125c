"""What the module costs an idle app, and the tests that come with it."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from tests.conformance.harness.playing import play
from tests.conformance.harness.project import build, copied

if TYPE_CHECKING:
    from collections.abc import Callable

    from kgscaffold.verify.app import App
    from kgscaffold.verify.process import Project
    from tests.conformance.harness.world import World

ALLOWED_MEGABYTES = 20
IDLE_SECONDS = 3


def test_an_idle_app_is_within_twenty_megabytes_of_one_without_the_module(
    world: World, figure: Callable[[str], None]
) -> None:
    bare = copied(world.pristine, world.folder / "shop-without-module")
    world.stack.instrument.remove_module(bare.folder)
    build(bare)
    with_module = _idle_megabytes(world, world.pristine)
    without = _idle_megabytes(world, bare)
    figure(f"idle: {with_module:.1f} MB with the module and its worker, {without:.1f} MB without")
    assert with_module - without < ALLOWED_MEGABYTES


def _idle_megabytes(world: World, project: Project) -> float:
    async def idle(app: App) -> float:
        await asyncio.sleep(IDLE_SECONDS)
        return app.webs[0].process.resident_megabytes()

    return play(world, idle, project)


def test_the_project_s_own_tests_pass_on_its_database(world: World) -> None:
    database = world.server.fresh("own_tests", migrated=False)
    project = copied(world.pristine, world.folder / "shop-own-tests")
    (project.folder / ".env").write_text("KRYPTOGO_CALLBACK_SECRET=the-shops-own\n")
    variables = {"DATABASE_URL": database.url, "TEST_DATABASE_URL": database.url}
    ran = project.run(project.commands["test"], variables, timeout=120)
    assert ran.code == 0, ran.out + ran.err
    assert re.search(r"[1-9]\d* passed|\bpass [1-9]", ran.out + ran.err)
