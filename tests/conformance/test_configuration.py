"""The configuration table: what is missing or wrong stops the start, by name; never the import."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from tests.conformance.harness.process import WebProcess
from tests.conformance.harness.records import CALLBACKS, HISTORY, PAYMENTS
from tests.conformance.harness.waiting import until
from tests.servers.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.harness.project import Project, Ran
    from tests.conformance.harness.shop import Shop
    from tests.conformance.harness.world import World

STOPS_WITHIN = 20
PRODUCTION = {
    "KRYPTOGO_ENVIRONMENT": "production",
    "KRYPTOGO_CLIENT_ID": "9c5a79fc1117310f976b53752659b61d",
    "KRYPTOGO_STUDIO_API_KEY": "a-real-key",
    "KRYPTOGO_ORIGIN": "https://shop.example",
    "KRYPTOGO_CALLBACK_URL": "https://shop.example/api/payment/callback",
    "KRYPTOGO_CALLBACK_TOKEN": "a-long-random-token-of-the-shop",
    "KRYPTOGO_API_BASE_URL": None,
}
Variables = dict[str, str | None]
REFUSED: dict[str, tuple[Variables, str]] = {
    "no client id": ({"KRYPTOGO_CLIENT_ID": None}, "KRYPTOGO_CLIENT_ID"),
    "empty client id": ({"KRYPTOGO_CLIENT_ID": ""}, "KRYPTOGO_CLIENT_ID"),
    "no API key": ({"KRYPTOGO_STUDIO_API_KEY": None}, "KRYPTOGO_STUDIO_API_KEY"),
    "no origin": ({"KRYPTOGO_ORIGIN": None}, "KRYPTOGO_ORIGIN"),
    "empty token": ({"KRYPTOGO_CALLBACK_TOKEN": ""}, "KRYPTOGO_CALLBACK_TOKEN"),
    "unknown environment": ({"KRYPTOGO_ENVIRONMENT": "staging"}, "KRYPTOGO_ENVIRONMENT"),
    "environment in capitals": ({"KRYPTOGO_ENVIRONMENT": "TEST"}, "KRYPTOGO_ENVIRONMENT"),
    "empty environment": ({"KRYPTOGO_ENVIRONMENT": ""}, "KRYPTOGO_ENVIRONMENT"),
    "unknown worker setting": ({"KRYPTOGO_WORKER": "yes"}, "KRYPTOGO_WORKER"),
    "no absolute API address": ({"KRYPTOGO_API_BASE_URL": "localhost"}, "KRYPTOGO_API_BASE_URL"),
    "production by default": (
        {"KRYPTOGO_ENVIRONMENT": None},
        "KRYPTOGO_",
    ),
    "production without token": (
        {**PRODUCTION, "KRYPTOGO_CALLBACK_TOKEN": None},
        "KRYPTOGO_CALLBACK_TOKEN",
    ),
    "production with the example's token": (
        {**PRODUCTION, "KRYPTOGO_CALLBACK_TOKEN": "change-me"},
        "KRYPTOGO_CALLBACK_TOKEN",
    ),
    "another database": ({"DATABASE_URL": "oracle://localhost/shop"}, "DATABASE_URL"),
    "production with the simulator": (
        {**PRODUCTION, "KRYPTOGO_API_BASE_URL": "http://127.0.0.1:1"},
        "KRYPTOGO_API_BASE_URL",
    ),
    "production with another host": (
        {**PRODUCTION, "KRYPTOGO_API_BASE_URL": "https://wallet.kryptogo.app.example"},
        "KRYPTOGO_API_BASE_URL",
    ),
    "production over http": (
        {**PRODUCTION, "KRYPTOGO_API_BASE_URL": "http://wallet.kryptogo.app"},
        "KRYPTOGO_API_BASE_URL",
    ),
    "production with a callback over http": (
        {**PRODUCTION, "KRYPTOGO_CALLBACK_URL": "http://shop.example/api/payment/callback"},
        "KRYPTOGO_CALLBACK_URL",
    ),
    "production with the simulator's client": (
        {**PRODUCTION, "KRYPTOGO_CLIENT_ID": "sim_client"},
        "KRYPTOGO_CLIENT_ID",
    ),
    "production with the simulator's key": (
        {**PRODUCTION, "KRYPTOGO_STUDIO_API_KEY": "sim_key"},
        "KRYPTOGO_STUDIO_API_KEY",
    ),
}


@pytest.fixture
def configured(world: World) -> Shop:
    """A shop without a web process."""
    return world.once("configured", lambda: world.keep(world.open_shop(web=False)))


def _changed(shop: Shop, changes: Variables) -> dict[str, str]:
    merged = {**shop.variables, **changes}
    return {name: value for name, value in merged.items() if value is not None}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_configuration_stops_the_server_with_the_variable_s_name(
    world: World, configured: Shop, name: str
) -> None:
    changes, variable = REFUSED[name]
    log = configured.folder / f"{name.replace(' ', '-')}.txt"
    web = WebProcess(configured.project, _changed(configured, changes), log, world.reaper)
    until(lambda: not web.running, STOPS_WITHIN, why=lambda: f"it stops: {log.read_text()}")
    assert web.wait() != 0
    assert variable in log.read_text()
    assert "Traceback" not in log.read_text()


MANY: Variables = {
    "DATABASE_URL": "oracle://localhost/shop",
    "KRYPTOGO_CLIENT_ID": None,
    "KRYPTOGO_ORIGIN": "",
    "KRYPTOGO_CALLBACK_SECRET": "",
    "KRYPTOGO_CALLBACK_URL": "shop.example/api/payment/callback?a=b",
    "KRYPTOGO_ENVIRONMENT": "staging",
    "KRYPTOGO_WORKER": "perhaps",
}


@pytest.mark.parametrize("command", ["start", "work", "list"])
def test_every_fault_is_told_at_once_without_a_traceback(configured: Shop, command: str) -> None:
    project = configured.project
    ops = [*project.commands["ops"], command]
    chosen = project.commands["start"] if command == "start" else ops
    ran = project.run(chosen, _changed(configured, {**MANY, "PORT": str(free_port())}))
    told = ran.out + ran.err
    assert ran.code not in (0, 2), ran
    for name in MANY:
        assert name in told, (name, told)
    assert "Traceback" not in told


@pytest.mark.parametrize(
    "url", ["garbage", "sqlite://shop.db", "postgresql://localhost:port/shop", "postgresql//shop"]
)
def test_a_database_url_that_cannot_be_read_is_no_traceback(configured: Shop, url: str) -> None:
    command = [*configured.project.commands["ops"], "list"]
    wrong = _changed(configured, {"DATABASE_URL": url})
    ran = configured.project.run(command, wrong)
    assert ran.code == 1, ran
    assert "DATABASE_URL" in ran.err
    assert "Traceback" not in ran.err
    migrated = configured.project.run(configured.project.commands["migrate"], wrong)
    assert migrated.code != 0
    assert "DATABASE_URL" in migrated.err


def test_a_database_url_without_its_driver_is_as_good(configured: Shop) -> None:
    """As hosting services give it, `postgres://` too."""
    _, colon, place = configured.database.url.partition(":")
    names = {
        "sqlite": ["sqlite"],
        "postgresql": ["postgres", "postgresql"],
        "mysql": ["mysql", "mariadb", "mysql+pymysql", "mariadb+pymysql"],
    }
    command = [*configured.project.commands["ops"], "list"]
    for name in names[configured.database.url.partition(":")[0].partition("+")[0]]:
        url: Variables = {"DATABASE_URL": f"{name}{colon}{place}"}
        ran = configured.project.run(command, _changed(configured, url))
        assert ran.code == 0, ran


@pytest.mark.parametrize("port", ["eighty", "-1", "65536"])
def test_a_port_that_is_none_is_told_by_its_name(configured: Shop, port: str) -> None:
    project = configured.project
    ran = project.run(project.commands["start"], _changed(configured, {"PORT": port}))
    assert ran.code != 0
    assert "PORT" in ran.err
    assert "Traceback" not in ran.err


@pytest.fixture
def unmigrated(world: World) -> Iterator[Shop]:
    """A shop on a database without tables, with no process yet."""
    with world.open_shop(web=False) as shop:
        shop.database.drop()
        shop.database = world.server.fresh(f"{shop.folder.name}_empty", migrated=False)
        shop.variables["DATABASE_URL"] = shop.database.url
        yield shop


def test_tables_that_are_not_migrated_stop_the_start_with_the_command_that_makes_them(
    unmigrated: Shop,
) -> None:
    project = unmigrated.project
    for worker in ("on", "off"):
        web = {"PORT": str(free_port()), "KRYPTOGO_WORKER": worker}
        ran = project.run(project.commands["start"], {**unmigrated.variables, **web})
        _assert_refused(ran, project)
    for command in (["work"], ["work", "--once"], ["list"], ["show", "a"]):
        _assert_refused(unmigrated.ops(*command), project)
    project.migrate(unmigrated.database.url)
    assert unmigrated.ops("work", "--once").code == 0


def _assert_refused(ran: Ran, project: Project) -> None:
    told = ran.out + ran.err
    assert ran.code != 0
    for table in (PAYMENTS, CALLBACKS, HISTORY):
        assert table in told, told
    assert shlex.join(project.commands["migrate"]) in told
    assert len([line for line in told.splitlines() if PAYMENTS in line]) == 1
    assert "Traceback" not in told


def test_a_migration_that_is_not_run_yet_stops_the_start(world: World) -> None:
    with world.open_shop(web=False) as shop:
        shop.database.drop_column(CALLBACKS, "last_error")
        ran = shop.ops("work", "--once")
        assert ran.code == 1
        assert f"{CALLBACKS}.last_error" in ran.err
        assert shlex.join(shop.project.commands["migrate"]) in ran.err


def test_a_callback_url_that_is_missing_or_misses_the_route_is_warned_of(configured: Shop) -> None:
    command = [*configured.project.commands["ops"], "work", "--once"]
    for url, warned in (
        (None, True),
        ("https://shop.example/callback", True),
        ("https://shop.example/behind/a/proxy/api/payment/callback", False),
    ):
        ran = configured.project.run(command, _changed(configured, {"KRYPTOGO_CALLBACK_URL": url}))
        assert ran.code == 0, ran
        assert ("KRYPTOGO_CALLBACK_URL" in ran.err) == warned, ran


def test_a_bad_configuration_stops_the_worker_and_says_where_the_value_comes_from(
    configured: Shop,
) -> None:
    command = [*configured.project.commands["ops"], "work", "--once"]
    for variable in ("KRYPTOGO_CLIENT_ID", "KRYPTOGO_STUDIO_API_KEY", "KRYPTOGO_ORIGIN"):
        ran = configured.project.run(command, _changed(configured, {variable: None}))
        assert ran.code != 0
        assert variable in ran.out + ran.err
        assert "studio.kryptogo.com" in ran.out + ran.err
        assert "Traceback" not in ran.out + ran.err


def test_a_complete_production_configuration_starts(world: World, configured: Shop) -> None:
    log = configured.folder / "production.txt"
    web = WebProcess(configured.project, _changed(configured, PRODUCTION), log, world.reaper)
    web.await_ready()
    web.stop()


def test_nothing_is_checked_at_import(world: World, configured: Shop) -> None:
    url = {"DATABASE_URL": configured.database.url}
    ran = configured.project.run(world.stack.instrument.import_command(), url)
    assert ran.code == 0, ran.err


def test_secrets_are_not_logged(shop: Shop) -> None:
    bought = shop.buy()
    shop.claim(bought.intent, "pending")
    shop.records.await_closed(bought.intent, "pending")
    assert shop.variables["KRYPTOGO_STUDIO_API_KEY"] not in shop.log_text()
