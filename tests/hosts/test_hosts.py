"""The module in applications that were there before it: nothing of theirs breaks, all rules hold.

`pytest tests/hosts -k "fastapi_sync-postgresql and rules"`
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from kgscaffold.verify.engine import prove
from kgscaffold.verify.model import Depth
from kgscaffold.verify.process import Project
from kgscaffold.verify.rules import all_rules
from tests.conformance.harness.ground import TestGround
from tests.conformance.harness.world import World
from tests.hosts.host import COMMANDS, HOSTS, STACKS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hosts.host import Host
    from tests.servers.reaper import Reaper

CHECKS = (
    ["python", "-m", "ruff", "format", "--check", "."],
    ["python", "-m", "ruff", "check", "."],
    ["python", "-m", "mypy", "."],
    COMMANDS["test"],
    ["python", "-m", "alembic", "check"],
)
OF_THE_APPLICATION = {
    "configuration.addresses",
    "configuration.faults",
    "configuration.ports",
    "shop.orders",
}
"""Rules of what is an application's own: how it reads its addresses, which orders it takes."""

PLAYED = ("fastapi_sync-postgresql", "fastapi_sqlmodel-sqlite")
"""Each host once, and each database: some minutes a piece."""


@pytest.fixture(params=list(HOSTS))
def host(request: pytest.FixtureRequest) -> Host:
    return HOSTS[request.param]


def _ran(project: Project, *commands: list[str]) -> None:
    """Run the commands on the application's own database; each must end well."""
    folder = project.folder.parent
    variables = {
        "DATABASE_URL": f"sqlite:///{folder / 'own.db'}",
        "MYPY_CACHE_DIR": str(folder / "mypy"),
    }
    for command in commands:
        ran = project.run(command, variables, timeout=600)
        assert ran.code == 0, f"{' '.join(command)}:\n{ran.told}"


def test_what_was_clean_is_clean_and_what_was_kept_is_there(
    host: Host, tmp_path: Path, reaper: Reaper
) -> None:
    """Its tests, its checks and its history, before the module came and after it."""
    after = host.project(STACKS[f"{host.name}-sqlite"], tmp_path / "after", reaper)
    host.copied(tmp_path / "before")
    before = Project(tmp_path / "before", COMMANDS, after.path, reaper)
    _ran(before, *CHECKS)
    with closing(sqlite3.connect(tmp_path / "own.db")) as database:
        table = "orders" if host.name == "fastapi_sync" else '"order"'
        count = f"SELECT count(*) FROM {table}"
        (orders,) = database.execute(count).fetchone()
        _ran(after, COMMANDS["migrate"])
        assert database.execute(count).fetchone() == (orders,)
        assert orders > 0
    _ran(after, *CHECKS)


@pytest.mark.parametrize("wired", PLAYED)
def test_the_rules_hold(wired: str, reaper: Reaper) -> None:
    host = HOSTS[STACKS[wired].host]
    world = World(STACKS[wired], reaper, make=host.project)
    rules = [
        rule
        for name, rule in all_rules().items()
        if rule.depth is Depth.STANDARD and name not in OF_THE_APPLICATION
    ]
    try:
        results = prove(rules, TestGround(world), Depth.STANDARD)
    finally:
        world.close()
    violated = [result.text for result in results.values() if result.violations]
    assert not violated, "\n".join(violated)
