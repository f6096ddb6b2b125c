"""Fixtures: a world per stack, kept for the whole run, and the shops opened in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kgscaffold.verify.model import Depth
from kgscaffold.verify.rules import all_rules
from tests.conformance import report
from tests.conformance.harness.stacks import STACKS
from tests.conformance.harness.world import World
from tests.conformance.mutations import mutations_of
from tests.servers.reaper import Reaper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


FIGURE = "figure"


class Worlds:
    """The worlds of the stacks, each made when it is first asked for."""

    def __init__(self, reaper: Reaper) -> None:
        self._reaper = reaper
        self._worlds: dict[str, World] = {}

    def __getitem__(self, stack: str) -> World:
        if stack not in self._worlds:
            self._worlds[stack] = World(STACKS[stack], self._reaper)
        return self._worlds[stack]

    def close(self) -> None:
        """End everything."""
        for world in self._worlds.values():
            world.close()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--stack", action="append", choices=list(STACKS), help="only this stack (repeatable)"
    )
    parser.addoption(
        "--depth", choices=["standard", "thorough"], default="standard", help="of the rules"
    )


def pytest_configure(config: pytest.Config) -> None:
    for marker in (
        "mutation: plays a rule on a deliberately broken app",
        "framework: is of one framework alone",
    ):
        config.addinivalue_line("markers", marker)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    names = metafunc.fixturenames
    chosen = metafunc.config.getoption("--stack") or list(STACKS)
    if marker := metafunc.definition.get_closest_marker("framework"):
        chosen = [name for name in chosen if STACKS[name].framework in marker.args]
    groups = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in chosen]
    if "rule" in names:
        depth = Depth[metafunc.config.getoption("--depth").upper()]
        rules = [rule.name for rule in all_rules().values() if rule.depth <= depth]
        metafunc.parametrize("rule", rules)
    if "mutation" in names:
        pairs = [
            pytest.param(stack, name, marks=pytest.mark.xdist_group(stack))
            for stack in chosen
            for name in mutations_of(STACKS[stack])
        ]
        metafunc.parametrize(("stack", "mutation"), pairs)
    elif "stack" in names:
        metafunc.parametrize("stack", groups)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    standard = config.getoption("--depth") == "standard"
    left_out = [item for item in items if _is_left_out(item, standard=standard)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)

    def place(item: pytest.Item) -> tuple[bool, int]:
        stack = _stack_of(item)
        is_mutation = item.get_closest_marker("mutation") is not None
        return is_mutation, list(STACKS).index(stack) if stack else -1

    items.sort(key=place)


def _is_left_out(item: pytest.Item, *, standard: bool) -> bool:
    """A mutation in standard depth, or a test of frameworks of which none was chosen."""
    of_no_stack = item.get_closest_marker("framework") is not None and _stack_of(item) is None
    return of_no_stack or (standard and item.get_closest_marker("mutation") is not None)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    ended = [
        test
        for outcome in ("passed", "failed")
        for test in terminalreporter.getreports(outcome)
        if test.when == "call"
    ]
    figures = [
        f"{test.nodeid.split('::')[-1]}: {value}"
        for test in ended
        for name, value in test.user_properties
        if name == FIGURE
    ]
    report.write(terminalreporter)
    if figures:
        terminalreporter.section("figures")
        for figure in figures:
            terminalreporter.write_line(figure)


def _stack_of(item: pytest.Item) -> str | None:
    parameters = getattr(item, "callspec", None)
    stack = parameters.params.get("stack") if parameters else None
    return stack if isinstance(stack, str) else None  # pytest's own mark: none was chosen


@pytest.fixture(scope="session")
def reaper() -> Iterator[Reaper]:
    reaper = Reaper()
    yield reaper
    reaper.close()


@pytest.fixture(scope="session")
def worlds(reaper: Reaper) -> Iterator[Worlds]:
    worlds = Worlds(reaper)
    yield worlds
    worlds.close()


@pytest.fixture
def world(stack: str, worlds: Worlds) -> World:
    """The stack under test."""
    return worlds[stack]


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Show a line of measured figures at the end of the run."""
    return lambda text: record_property(FIGURE, text)
