"""A scenario on one app, for what is asked of a project from inside and is no rule."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from tests.conformance.harness.ground import TestGround

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from kgscaffold.verify.app import App
    from kgscaffold.verify.process import Project
    from tests.conformance.harness.world import World

T = TypeVar("T")


def play(
    world: World,
    scenario: Callable[[App], Awaitable[T]],
    project: Project | None = None,
    *,
    worker: bool = True,
    zone: str | None = None,
) -> T:
    """Give what the scenario gives on a fresh app of the project, by default the instrumented."""

    async def played() -> T:
        where = "on" if worker else "off"
        async with TestGround(world, project).open(KRYPTOGO_WORKER=where, TZ=zone) as app:
            return await scenario(app)

    return asyncio.run(played())


def edit(project: Project, old: str, new: str) -> None:
    """Replace a text that one module of the app has, once; raises AssertionError otherwise."""
    modules = [path for path in (project.folder / "app").rglob("*.py") if old in path.read_text()]
    assert len(modules) == 1, f"{old!r} is in {[str(path) for path in modules]}"
    text = modules[0].read_text()
    assert text.count(old) == 1
    modules[0].write_text(text.replace(old, new))
