"""The configuration: what is missing or wrong stops the start, by name, all of it at once."""

from __future__ import annotations

import asyncio
from asyncio import to_thread
from typing import TYPE_CHECKING

from kgscaffold.ports import free_port
from kgscaffold.verify.model import Depth, Need, Place
from kgscaffold.verify.rule import rule
from kgscaffold.verify.rules.processes import ENDED_WELL
from kgscaffold.verify.traces import traces

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kgscaffold.verify.app import App
    from kgscaffold.verify.process import Ran
    from kgscaffold.verify.stage import Stage

Variables = dict[str, str | None]
TABLES = ("kryptogo_payments", "kryptogo_callbacks", "kryptogo_payment_history")
CALLBACK_URL = "https://shop.example/api/payment/callback"
PRODUCTION: Variables = {
    "KRYPTOGO_ENVIRONMENT": "production",
    "KRYPTOGO_CLIENT_ID": "9c5a79fc1117310f976b53752659b61d",
    "KRYPTOGO_STUDIO_API_KEY": "a-real-key",
    "KRYPTOGO_ORIGIN": "https://shop.example",
    "KRYPTOGO_CALLBACK_URL": CALLBACK_URL,
    "KRYPTOGO_CALLBACK_TOKEN": "a-long-random-token-of-the-shop",
    "KRYPTOGO_API_BASE_URL": None,
}
FAULTS: dict[str, Variables] = {
    "everything": {
        "DATABASE_URL": "of another database",
        "KRYPTOGO_CLIENT_ID": None,
        "KRYPTOGO_STUDIO_API_KEY": None,
        "KRYPTOGO_ORIGIN": None,
        "KRYPTOGO_CALLBACK_TOKEN": "",
        "KRYPTOGO_CALLBACK_SECRET": "",
        "KRYPTOGO_CALLBACK_URL": "shop.example/api/payment/callback?a=b",
        "KRYPTOGO_API_BASE_URL": "localhost",
        "KRYPTOGO_ENVIRONMENT": "staging",
        "KRYPTOGO_WORKER": "yes",
    },
    "empty ones": {
        "KRYPTOGO_CLIENT_ID": "",
        "KRYPTOGO_ORIGIN": "",
        "KRYPTOGO_ENVIRONMENT": "",
        "KRYPTOGO_WORKER": "perhaps",
    },
    "capitals": {"KRYPTOGO_ENVIRONMENT": "TEST"},
}
IN_PRODUCTION: dict[str, Variables] = {
    "of the simulator": {
        "KRYPTOGO_CLIENT_ID": "sim_client",
        "KRYPTOGO_STUDIO_API_KEY": "sim_key",
        "KRYPTOGO_API_BASE_URL": "http://127.0.0.1:1",
        "KRYPTOGO_CALLBACK_URL": "http://shop.example/api/payment/callback",
        "KRYPTOGO_CALLBACK_TOKEN": None,
    },
    "another host, and the example's token": {
        "KRYPTOGO_API_BASE_URL": "https://wallet.kryptogo.app.example",
        "KRYPTOGO_CALLBACK_TOKEN": "change-me",
    },
    "over http": {"KRYPTOGO_API_BASE_URL": "http://wallet.kryptogo.app"},
}
UNREADABLE = ("garbage", "sqlite://shop.db", "postgresql://localhost:port/shop", "postgresql//shop")
NO_PORTS = ("eighty", "-1", "65536")
WARNED_OF = {
    None: True,
    "https://shop.example/callback": True,
    "https://shop.example/behind/a/proxy/api/payment/callback": False,
}


def _of_another_database(app: App) -> str:
    own = str(app.variables["DATABASE_URL"])
    return "mysql://localhost/shop" if own.startswith("postgres") else "postgresql://localhost/shop"


def _judge_faults(stage: Stage, case: str, ran: Ran, names: Iterable[str]) -> None:
    stage.true(case, "does not start", ran.code not in (0, 2), ran.code)
    missing = [name for name in names if name not in ran.told]
    stage.equal(case, "variables that are not named", missing, [])
    stage.true(case, "is without a traceback", not traces(ran.told), ran.told)


async def _started(app: App, changes: Variables) -> Ran:
    given = {"PORT": str(free_port()), **changes}
    if "DATABASE_URL" in changes:
        given["DATABASE_URL"] = _of_another_database(app)
    return await to_thread(app.run, "start", **given)


@rule(
    "Every fault of the configuration is told at once, by name, without a traceback.",
    place=Place.OWN,
)
async def faults(stage: Stage) -> None:
    """The server with each set of faults; the worker and a command with everything."""
    async with stage.open(web=False) as app:
        everything = {**FAULTS["everything"], "DATABASE_URL": _of_another_database(app)}
        commands = {"work": ("work",), "work once": ("work", "--once"), "list": ("list",)}
        cases = {**FAULTS, **IN_PRODUCTION}
        production = {name: {**PRODUCTION, **IN_PRODUCTION[name]} for name in IN_PRODUCTION}
        starts = [_started(app, production.get(name, cases[name])) for name in cases]
        runs = [to_thread(app.ops, *arguments, **everything) for arguments in commands.values()]
        by_default = to_thread(app.run, "start", PORT="0", KRYPTOGO_ENVIRONMENT=None)
        *ran, default = await asyncio.gather(*starts, *runs, by_default)
        for name, one in zip(cases, ran, strict=False):
            _judge_faults(stage, f"start, {name}", one, cases[name])
        for name, one in zip(commands, ran[len(cases) :], strict=True):
            _judge_faults(stage, name, one, everything)
            where = "studio.kryptogo.com" in one.told
            stage.true(name, "says where the values come from", where, one.told)
        names = ("KRYPTOGO_CLIENT_ID", "KRYPTOGO_API_BASE_URL")
        _judge_faults(stage, "production is the default", default, names)


@rule(
    "Each fault of the configuration stops the start by itself.",
    place=Place.OWN,
    depth=Depth.THOROUGH,
)
async def single_faults(stage: Stage) -> None:
    """Each variable of each set, the others right."""
    async with stage.open(web=False) as app:
        cases: list[tuple[Variables, str, str | None]] = []
        for base, sets in (({}, FAULTS), (PRODUCTION, IN_PRODUCTION)):
            cases += [(base, *one) for variables in sets.values() for one in variables.items()]
        ran = await asyncio.gather(*(_started(app, {**base, n: v}) for base, n, v in cases))
        for (_, name, value), one in zip(cases, ran, strict=True):
            _judge_faults(stage, f"{name}={value}", one, [name])


@rule("A complete production configuration starts.", place=Place.OWN)
async def production(stage: Stage) -> None:
    """With the official host, a token and https."""
    async with stage.open(web=False, **PRODUCTION) as app:
        web = await app.start_web()
        code = await to_thread(web.process.stop)
        stage.true("production", "ends well", code in ENDED_WELL, code, ENDED_WELL)


@rule("A database's address that cannot be read is named; one without a driver is as good.")
async def addresses(stage: Stage) -> None:
    """To a command and to the migration; and as hosting services give it."""
    app = stage.app
    own = app.variables["DATABASE_URL"]
    plain = [f"{scheme}:{own.partition(':')[2]}" for scheme in stage.cell.schemes]
    lists = [to_thread(app.ops, "list", DATABASE_URL=url) for url in (*UNREADABLE, *plain)]
    migrations = [to_thread(app.run, "migrate", DATABASE_URL=url) for url in UNREADABLE]
    ran = await asyncio.gather(*lists, *migrations)
    for url, one in zip(UNREADABLE, ran, strict=False):
        stage.equal(f"list, {url}", "exit code", one.code, 1)
        stage.true(f"list, {url}", "is named", "DATABASE_URL" in one.err, one.err)
        stage.true(f"list, {url}", "is without a traceback", not traces(one.err), one.err)
    for url, one in zip(UNREADABLE, ran[-len(UNREADABLE) :], strict=True):
        seen = (one.code != 0, "DATABASE_URL" in one.err)
        stage.equal(f"migrate, {url}", "fails, named", seen, (True, True))
    for url, one in zip(plain, ran[len(UNREADABLE) :], strict=False):
        stage.equal(f"list, {url.partition(':')[0]}:…", "exit code", one.code, 0)


@rule("A port that is none is told by its name.")
async def ports(stage: Stage) -> None:
    """A word, and numbers that are too small and too large."""
    app = stage.app
    ran = await asyncio.gather(*(to_thread(app.run, "start", PORT=port) for port in NO_PORTS))
    for port, one in zip(NO_PORTS, ran, strict=True):
        stage.true(f"PORT={port}", "does not start", one.code != 0, one.code)
        stage.true(f"PORT={port}", "is named", "PORT" in one.err, one.err)
        stage.true(f"PORT={port}", "is without a traceback", not traces(one.err), one.err)


@rule(
    "Tables that are not migrated stop the start with the command that makes them.",
    Need.OUTAGE,
    place=Place.OWN,
)
async def migrations(stage: Stage) -> None:
    """A database without tables, then migrated, then without a column; and callback URLs."""
    async with stage.open(web=False, migrated=False) as app:
        commands = [("work",), ("work", "--once"), ("list",), ("show", "a")]
        starts = [
            to_thread(app.run, "start", PORT=str(free_port()), KRYPTOGO_WORKER=worker)
            for worker in ("on", "off")
        ]
        ran = await asyncio.gather(*starts, *(to_thread(app.ops, *one) for one in commands))
        names = ["start, worker on", "start, worker off", *(" ".join(one) for one in commands)]
        for name, one in zip(names, ran, strict=True):
            _judge_unmigrated(stage, name, one, app)
        migrated = await to_thread(app.run, "migrate")
        stage.equal("migrate", "exit code", migrated.code, 0)
        for url, warned in WARNED_OF.items():
            once = await to_thread(app.ops, "work", "--once", KRYPTOGO_CALLBACK_URL=url)
            seen = (once.code, "KRYPTOGO_CALLBACK_URL" in once.err)
            stage.equal(f"work --once, {url}", "exit code, warned", seen, (0, warned))
        await to_thread(app.outage.drop_column, "kryptogo_callbacks", "last_error")
        once = await to_thread(app.ops, "work", "--once")
        stage.equal("without a column", "exit code", once.code, 1)
        told = "kryptogo_callbacks.last_error" in once.err and _migration(app) in once.err
        stage.true("without a column", "names it, and the command", told, once.err)


def _migration(app: App) -> str:
    """The end of the command that migrates."""
    return " ".join(app.project.commands["migrate"][-2:])


def _judge_unmigrated(stage: Stage, case: str, ran: Ran, app: App) -> None:
    stage.true(case, "is refused", ran.code != 0, ran.code)
    missing = [name for name in (*TABLES, _migration(app)) if name not in ran.told]
    stage.equal(case, "what is not told", missing, [])
    lines = [line for line in ran.told.splitlines() if TABLES[0] in line]
    stage.equal(case, "lines that tell it", len(lines), 1)
    stage.true(case, "is without a traceback", not traces(ran.told), ran.told)
