"""What is asked of the project from inside: its imports, its event loops, its own settings."""

from __future__ import annotations

import re
from asyncio import to_thread
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import pytest

from kgscaffold.verify.running import during, until
from kgscaffold.verify.shown import as_time, has_failed
from kgscaffold.verify.statuses import SUCCESS
from tests.conformance.harness.playing import play
from tests.conformance.harness.project import build, copied, migrate

if TYPE_CHECKING:
    from kgscaffold.verify.app import App
    from kgscaffold.verify.process import Project
    from tests.conformance.harness.world import World

WEB_FRAMEWORKS = {"fastapi", "starlette", "uvicorn", "pydantic", "httpx"}
REFUSAL = "no writes here"
TWO_LOOPS = """
import asyncio
from app.kryptogo import create_intent, process_due

print(asyncio.run(process_due()))
asyncio.run(create_intent("another", "1", "TWD"))
"""
SLOW_MIGRATION = """
from alembic import op

revision = "9001_slow"
down_revision = "9000_effects"


def upgrade() -> None:
    op.execute("SELECT SLEEP_FOR(3)")
"""
IMPORT_OF_PG = 'import { types } from "pg";'
REQUIRE_PG = 'const { types } = require("pg");'
SETTINGS_OF_PG = """
types.setTypeParser(1700, Number);
types.setTypeParser(1184, (text) => text.slice(0, 10));
"""
SETTINGS_OF_MYSQL2 = r'\1dateStrings: true, timezone: "+08:00"'
SLEEP = {"postgresql": "pg_sleep", "mysql": "SLEEP"}


def test_nothing_is_checked_at_import(world: World) -> None:
    url = {"DATABASE_URL": world.server.fresh("imported", migrated=False).url}
    ran = world.project.run(world.stack.instrument.import_command(), url)
    assert ran.code == 0, ran.err


@pytest.mark.framework("fastapi")
def test_a_command_that_only_reads_imports_no_web_framework(world: World) -> None:
    async def imports(app: App) -> list[set[str]]:
        intent = (await app.buy()).intent
        imported = []
        for command in (["show", intent], ["list"], ["review", "list"]):
            ran = await to_thread(partial(app.ops, *command, PYTHONPROFILEIMPORTTIME="1"))
            assert ran.code == 0, ran.err
            lines = ran.err.splitlines()
            imported.append({line.rpartition("|")[2].strip() for line in lines})
        return imported

    for imported in play(world, imports):
        assert "sqlalchemy" in imported
        assert not imported & WEB_FRAMEWORKS


@pytest.mark.framework("fastapi")
def test_work_may_be_done_in_one_event_loop_after_another(world: World) -> None:
    """As serverless hosts do. A pool of connections to a server is the engine's own concern."""
    if not world.stack.one_writer:
        return

    async def work(app: App) -> None:
        bought = await app.buy()
        await app.deliver(bought.intent, SUCCESS)
        ran = await to_thread(app.project.run, ["python", "-c", TWO_LOOPS], app.variables)
        assert (ran.code, ran.out) == (0, "1\n"), ran.err
        assert (await to_thread(app.ops, "show", "--order", "another")).code == 0

    play(world, work, worker=False)


@pytest.mark.framework("fastapi", "flask")
def test_a_migration_may_take_longer_than_a_statement_of_the_shop(world: World) -> None:
    """An index on a large table takes minutes; SQLite has no wait for a statement to bound."""
    if world.stack.one_writer:
        return
    project = copied(world.project, world.folder / "shop-with-a-slow-migration")
    _edit(project, r"(STATEMENT|LOCK)_SECONDS = \d+", r"\1_SECONDS = 1")
    slow = SLOW_MIGRATION.replace("SLEEP_FOR", SLEEP[world.stack.database])
    (project.folder / "migrations" / "versions" / "9001_slow.py").write_text(slow)
    migrate(project, world.server.fresh("slow_migration", migrated=False).url)


@pytest.mark.framework("fastapi", "flask")
def test_an_error_of_the_database_is_told_without_its_statement_and_values(world: World) -> None:
    """SQLAlchemy's text has both; the shop's own engine hides the values, a user's may not.

    Only the traceback of a handler shows the statement, and there without the values.
    """
    project = copied(world.project, world.folder / "shop-that-hides-nothing")
    _edit(project, r"""(hide_parameters"?[=:] ?)True""", r"\1False")

    async def fail(app: App) -> tuple[str, str]:
        bought = await app.buy()
        async with during(app.outage.refusing("orders")):
            await app.deliver(bought.intent, SUCCESS)
            found = await app.settled({bought.intent: has_failed(SUCCESS)})
        told = str(found[bought.intent].callback(SUCCESS)["last_error"])
        async with during(app.outage.refusing("kryptogo_callbacks")):
            assert (await app.claim(bought.intent, SUCCESS)).status == 503
            assert await until(lambda: app.logs.text().count(REFUSAL) >= 3), app.logs.text()
        return told, app.logs.text()

    told, log = play(world, fail, project)
    assert REFUSAL in told
    assert "handlers/success.py" in log
    assert "[parameters" not in told + log, told + log
    assert "[SQL" not in told


@pytest.mark.framework("express", "nestjs")
def test_values_are_read_as_they_were_written_whatever_the_driver_is_set_to(world: World) -> None:
    """Amounts as numbers and times as text, or in a zone, are what applications ask drivers for."""
    if world.stack.one_writer:
        return
    project = copied(world.project, world.folder / "shop-with-settings")
    ((path, text),) = [
        (path, path.read_text())
        for path in (project.folder / "src").glob("*.?s")
        if "const EXAMPLE = " in path.read_text()
    ]
    is_required = world.stack.form == "javascript_commonjs"
    own = text + (REQUIRE_PG if is_required else IMPORT_OF_PG) + SETTINGS_OF_PG
    if world.stack.database == "mysql":
        own, times = re.subn(r'(\s)timezone: "Z"', SETTINGS_OF_MYSQL2, text)
        assert times == 1
    path.write_text(own)
    build(project)

    async def read(app: App) -> tuple[str, float]:
        bought = await app.buy("900719925474099.1234")
        await app.deliver(bought.intent, SUCCESS)
        shown = await app.closed(bought.intent, SUCCESS)
        since = datetime.now(UTC) - as_time(str(shown.payment["created_at"]))
        return str(shown.payment["expected_fiat_amount"]), since.total_seconds()

    amount, seconds = play(world, read, project, zone="Asia/Taipei")
    assert amount == "900719925474099.1234"
    assert 0 <= seconds < 60


def _edit(project: Project, pattern: str, replacement: str) -> None:
    """Change the one module of the shop that says how its database is reached."""
    modules = [(path, path.read_text()) for path in (project.folder / "app").glob("*.py")]
    ((path, text),) = [(path, text) for path, text in modules if re.search(pattern, text)]
    path.write_text(re.sub(pattern, replacement, text))
