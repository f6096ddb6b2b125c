"""Fixtures: a world per stack, kept for the whole run, and the shops opened in it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.conformance.harness.installation import locked
from tests.conformance.harness.measure import FIGURE
from tests.conformance.harness.stacks import STACKS
from tests.conformance.harness.world import World
from tests.conformance.mutations import MUTATION_VARIABLE
from tests.conformance.patience import Patience
from tests.servers.reaper import Reaper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conformance.harness.shop import Shop

_FIRST, _USUAL, _MUTATION, _PATIENT = range(4)


class Worlds:
    """The worlds of the stacks, each made when it is first asked for."""

    def __init__(self, reaper: Reaper, patient: frozenset[str]) -> None:
        self._reaper = reaper
        self._patient = patient
        self._worlds: dict[str, World] = {}

    def __getitem__(self, stack: str) -> World:
        if stack not in self._worlds:
            self._worlds[stack] = World(STACKS[stack], self._reaper)
        return self._worlds[stack]

    def begin_patient_cases(self, now: str) -> None:
        """Start what needs minutes: of the stack `now`, and of all where one process runs all."""
        alone = "PYTEST_XDIST_WORKER" not in os.environ
        for stack in sorted(self._patient):
            if alone or stack == now:
                self.patience(stack)

    def patience(self, stack: str) -> Patience:
        """The slow cases of the stack."""
        world = self[stack]
        return world.once("patience", lambda: Patience(world))

    def close(self) -> None:
        """End everything."""
        for world in self._worlds.values():
            world.close()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--stack", action="append", choices=list(STACKS), help="only this stack (repeatable)"
    )


def pytest_configure(config: pytest.Config) -> None:
    for marker in (
        "first: measures; runs before the others, while nothing else does",
        "patient: asserts at the end what was begun at the start",
        "mutation: runs other tests against a deliberately broken app",
        "framework: is of one framework alone",
    ):
        config.addinivalue_line("markers", marker)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "stack" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--stack") or list(STACKS)
        if marker := metafunc.definition.get_closest_marker("framework"):
            chosen = [name for name in chosen if STACKS[name].framework in marker.args]
        groups = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in chosen]
        metafunc.parametrize("stack", groups)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    of_others = [
        item for item in items if item.get_closest_marker("framework") and not _stack_of(item)
    ]
    config.hook.pytest_deselected(items=of_others)
    items[:] = [item for item in items if item not in of_others]
    phases = {"first": _FIRST, "mutation": _MUTATION, "patient": _PATIENT}

    def place(item: pytest.Item) -> tuple[int, int]:
        phase = next((p for name, p in phases.items() if item.get_closest_marker(name)), _USUAL)
        stack = _stack_of(item)
        return phase, list(STACKS).index(stack) if stack else -1

    items.sort(key=place)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call"
    ]
    figures = [
        f"{report.nodeid.split('::')[-1]}: {value}"
        for report in reports
        for name, value in report.user_properties
        if name == FIGURE
    ]
    if figures:
        terminalreporter.section("figures")
        for figure in figures:
            terminalreporter.write_line(figure)


def _stack_of(item: pytest.Item) -> str | None:
    parameters = getattr(item, "callspec", None)
    stack: str | None = parameters.params.get("stack") if parameters else None
    return stack


@pytest.fixture(scope="session")
def reaper() -> Iterator[Reaper]:
    reaper = Reaper()
    yield reaper
    reaper.close()


@pytest.fixture(scope="session")
def worlds(request: pytest.FixtureRequest, reaper: Reaper) -> Iterator[Worlds]:
    patient = [item for item in request.session.items if item.get_closest_marker("patient")]
    worlds = Worlds(reaper, frozenset(_stack_of(item) or "" for item in patient))
    yield worlds
    worlds.close()


@pytest.fixture(autouse=True)
def quiet(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test marked `first` measures; those of other test processes wait for it."""
    if MUTATION_VARIABLE in os.environ:
        yield
        return
    measures = request.node.get_closest_marker("first") is not None
    with locked("quiet", shared=not measures):
        yield


@pytest.fixture
def world(stack: str, worlds: Worlds, request: pytest.FixtureRequest) -> World:
    """The stack under test; the first test that is not marked `first` begins the patient cases."""
    if request.node.get_closest_marker("first") is None:
        worlds.begin_patient_cases(stack)
    return worlds[stack]


@pytest.fixture
def shop(world: World) -> Shop:
    """The common shop: one web process with the worker in it."""
    return world.common_shop


@pytest.fixture
def patience(stack: str, worlds: Worlds) -> Patience:
    """The slow cases of the stack, begun at the start of the run."""
    return worlds.patience(stack)


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Show a line of measured figures at the end of the run."""
    return lambda text: record_property(FIGURE, text)
