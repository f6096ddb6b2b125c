"""Apps that rules borrow one after the other."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING

import pytest

from kgscaffold.simulator.process import running_simulator
from kgscaffold.verify.app import App
from kgscaffold.verify.extras import Extras
from kgscaffold.verify.lending import MOST_USUAL, Lending
from kgscaffold.verify.process import Project
from tests.servers.reaper import Reaper

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from kgscaffold.simulator.client import SimulatorClient


@pytest.fixture(scope="module")
def simulator() -> Iterator[SimulatorClient]:
    with running_simulator() as client:
        yield client


class Opening:
    """Opens apps without a process, with the simulator, and counts them."""

    def __init__(self, folder: Path, simulator: SimulatorClient) -> None:
        self._folder = folder
        self._simulator = simulator
        self._numbers = count()
        self.opened = self.closed = 0

    @asynccontextmanager
    async def open(self, **variables: str) -> AsyncIterator[App]:
        self.opened += 1
        folder = self._folder / str(next(self._numbers))
        folder.mkdir()
        project = Project(folder, {}, "", Reaper())
        yield App(project, self._simulator, variables, folder, Extras())
        self.closed += 1


@pytest.fixture
def opening(tmp_path: Path, simulator: SimulatorClient) -> Opening:
    return Opening(tmp_path, simulator)


def test_an_app_is_lent_again_with_an_empty_log_and_the_simulator_as_usual(
    opening: Opening,
) -> None:
    async def scenario() -> None:
        lending = Lending(opening.open)
        async with lending.lent({}, lambda: True) as first:
            (first.folder / "web-0.log").write_text("the first one's\n")
            first.simulator.set_switches(loss=0.5)
            first.simulator.set_provider(mode="down")
        async with lending.lent({}, lambda: True) as second:
            assert second is first
            with (second.folder / "web-0.log").open("a") as log:
                log.write("the second one's\n")
            assert second.logs.text() == "the second one's\n"
            assert second.simulator.switches()["loss"] == 0
            assert second.simulator.provider()["mode"] == "up"
        await lending.close()

    asyncio.run(scenario())
    assert (opening.opened, opening.closed) == (1, 1)


@pytest.mark.parametrize("reason", ["violated", "changed", "raised"])
def test_an_app_that_may_be_broken_is_not_lent_again(opening: Opening, reason: str) -> None:
    async def scenario() -> None:
        lending = Lending(opening.open)
        with suppress(ZeroDivisionError):
            async with lending.lent({}, lambda: reason != "violated") as first:
                first.changed = reason == "changed"
                assert 1 / (reason != "raised")
        async with lending.lent({}, lambda: True) as second:
            assert second is not first
        await lending.close()

    asyncio.run(scenario())
    assert (opening.opened, opening.closed) == (2, 2)


def test_other_settings_are_another_app(opening: Opening) -> None:
    async def scenario() -> None:
        lending = Lending(opening.open)
        async with lending.lent({}, lambda: True):
            pass
        async with lending.lent({"KRYPTOGO_WORKER": "off"}, lambda: True) as other:
            assert other.variables == {"KRYPTOGO_WORKER": "off"}
        await lending.close()

    asyncio.run(scenario())
    assert opening.opened == 2


def test_who_comes_when_all_are_lent_waits_for_one(opening: Opening) -> None:
    async def borrow(lending: Lending) -> None:
        async with lending.lent({}, lambda: True):
            await asyncio.sleep(0.05)

    async def scenario() -> None:
        lending = Lending(opening.open)
        await asyncio.gather(*(borrow(lending) for _ in range(3 * MOST_USUAL)))
        await lending.close()

    asyncio.run(scenario())
    assert opening.opened == MOST_USUAL
