"""What a shop of 0.2.1 has in its database goes on after the update: real rows, real processes."""

from __future__ import annotations

import asyncio
from asyncio import to_thread
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kgscaffold.project.loading import load_lock
from kgscaffold.stacks import stack_of
from kgscaffold.verify.app import App, Purchase
from kgscaffold.verify.extras import Extras
from kgscaffold.verify.process import Project
from kgscaffold.verify.running import running_app
from kgscaffold.verify.shown import Shown
from tests.conformance.harness.database import Database
from tests.conformance.harness.installation import environment_for, program_path
from tests.conformance.harness.records import CALLBACKS
from tests.conformance.harness.stacks import STACKS
from tests.releases.upgraded import release, upgraded, work_on
from tests.servers.reaper import Reaper

SUCCESS = "success"
OWN_HEAD = "0003"  # the user's migration, which our next one follows
SETTLED = ("done", "owes_after_commit")
AHEAD = ("ahead", "ahead_for_long")
UNTOUCHED = ("fresh", "failed_thrice", "left_by_a_crash", "dead")
STATES = (*SETTLED, *AHEAD, *UNTOUCHED)
ATTEMPTS = {
    "owes_after_commit": 2,
    "failed_thrice": 3,
    "fresh": 0,
    "left_by_a_crash": 0,
    "ahead": 0,
}
Rows = dict[str, dict[str, Any]]


@pytest.fixture
def reaper() -> Iterator[Reaper]:
    reaper = Reaper()
    yield reaper
    reaper.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_callbacks_of_0_2_1_go_on_in_every_state(kind: str, tmp_path: Path, reaper: Reaper) -> None:
    release("0.2.1", f"fastapi-{kind}").write(tmp_path / "old")
    work_on(tmp_path / "old")
    upgraded("0.2.1", f"fastapi-{kind}", tmp_path / "new")
    server = STACKS[f"fastapi-{kind}"].server(reaper)
    database = server.fresh("upgraded", migrated=False)
    asyncio.run(_go_on(tmp_path, database, reaper))
    database.drop()
    server.close()


async def _go_on(folder: Path, database: Database, reaper: Reaper) -> None:
    old, new = (_installed(folder / name, reaper) for name in ("old", "new"))
    given = {"DATABASE_URL": database.url}
    async with running_app(old, folder, Extras(), given) as app:
        _alembic(app, "upgrade", "head")
        bought = await _live(app, database)
        before = _rows(database, bought)
        app.project = new
        refused = await to_thread(app.ops, "work", "--once")
        assert "kryptogo_callbacks.ahead_since" in refused.told
        assert "alembic upgrade head" in refused.told
        for _ in range(2):
            _alembic(app, "upgrade", "head")
            _judge_rows(before, _rows(database, bought))
            _alembic(app, "downgrade", OWN_HEAD)
        _alembic(app, "upgrade", "head")
        await app.restart_web(KRYPTOGO_WORKER="off")
        await _finish(app, database, bought)
        _alembic(app, "downgrade", OWN_HEAD)
        app.project = old
        await _work(app)
        assert await _unsettled(app, bought) == {}


async def _live(app: App, database: Database) -> dict[str, Purchase]:
    """Payments as 0.2.1 leaves them, in every state that a callback can have."""
    web = await app.start_web(KRYPTOGO_WORKER="off")
    bought = dict(zip(STATES, await app.buy_many(len(STATES)), strict=True))
    for name in AHEAD:
        await app.claim(bought[name].intent, SUCCESS)
    for name in SETTLED:
        await app.deliver(bought[name].intent, SUCCESS)
    await _work(app)
    for name in UNTOUCHED:
        await app.deliver(bought[name].intent, SUCCESS)
    assert (await app.claim("early", SUCCESS)).status == 200
    web.process.stop()

    def becomes(name: str, **values: object) -> None:
        database.update(CALLBACKS, values, payment_intent_id=bought[name].intent)

    opened = {"outcome": None, "processed_at": None}
    becomes("owes_after_commit", state="applied", handler_attempts=2, **opened)
    becomes("failed_thrice", provider_attempts=3, handler_attempts=1)
    becomes("dead", state="dead", outcome="dead", provider_attempts=9)
    crash = _rows(database, bought)["left_by_a_crash"]
    becomes("left_by_a_crash", lease_token="crashed", lease_until=crash["next_attempt_at"])
    long_ago = {"payment_intent_id": bought["ahead_for_long"].intent}
    database.shift(CALLBACKS, -300, "opened_at", **long_ago)
    return bought


def _judge_rows(before: Rows, after: Rows) -> None:
    """Nothing is another than it was, but for the counters, which are one."""
    for name, row in after.items():
        was = before[name]
        same = was.keys() & row.keys() - {"attempts"}
        assert {key: row[key] for key in same} == {key: was[key] for key in same}, name
        assert row.get("ahead_since") == (was["opened_at"] if name in AHEAD else None), name
        assert was.keys() - row.keys() == {
            "lag_attempts",
            "provider_attempts",
            "handler_attempts",
            "opened_at",
        }
    assert {name: after[name]["attempts"] for name in ATTEMPTS} == ATTEMPTS


async def _finish(app: App, database: Database, bought: dict[str, Purchase]) -> None:
    """All that was owed is done; what waited for a person, a delivery or its order goes on."""
    await app.truth(bought["ahead"].intent, SUCCESS)
    database.shift(CALLBACKS, -60, "next_attempt_at")
    await _work(app)
    unsettled = await _unsettled(app, bought)
    assert unsettled == {"ahead_for_long": ("rejected", "pending"), "dead": ("dead", "pending")}
    await app.deliver(bought["ahead_for_long"].intent, SUCCESS)
    replayed = await to_thread(app.ops, "replay", bought["dead"].intent)
    assert replayed.code == 0, replayed.told
    order = await app.order()
    app.simulator.create_intent(payment_intent_id="early", status=SUCCESS)
    early = ["--intent", "early", "--order", order, "--amount", "300.0", "--currency", "TWD"]
    registered = await to_thread(app.ops, "register", *early)
    assert registered.code == 0, registered.told
    database.shift(CALLBACKS, -60, "next_attempt_at")
    await _work(app)
    bought["early"] = Purchase(order, "early")
    assert await _unsettled(app, bought) == {}


async def _unsettled(app: App, bought: dict[str, Purchase]) -> dict[str, tuple[object, object]]:
    """What is not done, applied once and paid: its callback's state, its payment's status."""
    found = await app.show(*(one.intent for one in bought.values()))
    return {
        name: (found[one.intent].state(SUCCESS), found[one.intent].status)
        for name, one in bought.items()
        if not _is_settled(found[one.intent])
    }


def _is_settled(shown: Shown) -> bool:
    paid = shown.order.get("status") == "paid"
    return paid and shown.state(SUCCESS) == "done" and shown.applied == [SUCCESS]


def _rows(database: Database, bought: dict[str, Purchase]) -> Rows:
    """The callback of each payment."""
    by_intent = {row["payment_intent_id"]: row for row in database.find(CALLBACKS)}
    return {name: by_intent[one.intent] for name, one in bought.items()}


def _installed(folder: Path, reaper: Reaper) -> Project:
    answers = load_lock(folder).answers
    commands = stack_of(answers).commands(answers).document()
    name = f"{answers.framework}-{answers.database}"
    programs = environment_for(name, commands["install"], folder)
    return Project(folder, commands, program_path(programs), reaper)


def _alembic(app: App, *arguments: str) -> None:
    ran = app.project.run(["python", "-m", "alembic", *arguments], app.variables)
    assert ran.code == 0, ran.told


async def _work(app: App) -> None:
    ran = await to_thread(app.ops, "work", "--once")
    assert ran.code == 0, ran.told
