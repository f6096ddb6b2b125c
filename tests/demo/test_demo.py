from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from kgscaffold.stacks import supported_frameworks
from tests.demo.running import OUTCOMES, PROGRAM, left_behind, ports_of, query, run_demo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module", params=supported_frameworks())
def demo(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """The folder of a demo that has run, and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    # The variables of another shop, as a developer may have exported them, must not leak in.
    foreign = {"DATABASE_URL": "sqlite:////nowhere/shop.db", "PORT": "1"}
    ran = run_demo(folder, "--framework", request.param, **foreign)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder / "kgscaffold-demo", ran.stdout


def test_all_five_outcomes_are_settled(demo: tuple[Path, str]) -> None:
    shop, printed = demo
    orders = query(shop, "SELECT status FROM orders")
    payments = query(shop, "SELECT status FROM kryptogo_payments")
    assert Counter(status for (status,) in orders) == Counter(OUTCOMES)
    assert len({status for (status,) in payments}) == 5
    assert "All five outcomes settled" in printed


def test_the_duplicates_took_effect_once(demo: tuple[Path, str]) -> None:
    shop, _ = demo
    deliveries = "SELECT deliveries FROM kryptogo_callbacks WHERE status = 'success' AND state"
    assert query(shop, f"{deliveries} = 'done'") == [(3,)]
    applied = "SELECT count(*) FROM kryptogo_payment_history WHERE applied_status = 'success'"
    assert query(shop, applied) == [(1,)]


def test_the_callback_that_came_out_of_order_changed_nothing(demo: tuple[Path, str]) -> None:
    shop, _ = demo
    refunded = query(
        shop,
        "SELECT c.status, c.state FROM kryptogo_callbacks c JOIN kryptogo_payments p"
        " USING (payment_intent_id) WHERE p.status = 'insufficient_refunded' ORDER BY 1",
    )
    assert refunded == [("insufficient_not_refunded", "done"), ("insufficient_refunded", "done")]


def test_the_forged_success_was_not_believed(demo: tuple[Path, str]) -> None:
    shop, _ = demo
    forged = query(
        shop,
        "SELECT o.status, c.applied_status FROM kryptogo_callbacks c JOIN kryptogo_payments p"
        " USING (payment_intent_id) JOIN orders o ON o.id = p.order_id"
        " WHERE c.status = 'success' AND p.status = 'pending'",
    )
    assert forged == [("new", None)]


def test_it_leaves_no_process(demo: tuple[Path, str]) -> None:
    shop, _ = demo
    assert len(ports_of(shop)) == 2
    assert left_behind(shop.parent) == []


def test_the_project_stays_usable(demo: tuple[Path, str]) -> None:
    shop, _ = demo
    [(intent,)] = query(
        shop, "SELECT payment_intent_id FROM kryptogo_payments WHERE status = 'success'"
    )
    program, *ops = status_of(shop)["commands"]["ops"]
    own = shop / ".venv/bin" / program
    command = [str(own) if own.exists() else program, *ops, "show", str(intent), "--json"]
    shown = subprocess.run(command, cwd=shop, capture_output=True, text=True, check=True)
    assert json.loads(shown.stdout)["order"]["status"] == "paid"


def test_every_file_it_says_to_read_is_there(demo: tuple[Path, str]) -> None:
    shop, printed = demo
    reading = printed.partition("Read:")[2].partition("Run it again")[0]
    named = [line.split()[0] for line in reading.splitlines() if line.strip()]
    assert len(named) >= 4
    assert [name for name in named if not (shop / name).is_file()] == []


def test_run_again_it_uses_its_own_project(demo: tuple[Path, str]) -> None:
    shop, _ = demo
    settings = (shop / ".env").read_bytes()
    (handler,) = (shop / status_of(shop)["answers"]["module"]).glob("handlers/success.*")
    handler.write_text(handler.read_text() + "\n\n")
    edited = handler.read_bytes()
    before = len(query(shop, "SELECT id FROM orders"))
    ran = run_demo(shop.parent)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "from an earlier demo" in ran.stdout
    assert len(query(shop, "SELECT id FROM orders")) == before + 5
    assert (shop / ".env").read_bytes() == settings
    assert handler.read_bytes() == edited


def test_an_earlier_demo_of_another_framework_is_not_taken_for_this_one(
    demo: tuple[Path, str],
) -> None:
    shop, _ = demo
    made = status_of(shop)["answers"]["framework"]
    other = next(name for name in supported_frameworks() if name != made)
    ran = run_demo(shop.parent, "-f", other)
    assert (ran.returncode, ran.stdout) == (5, "")
    assert "the shop of an earlier demo" in ran.stderr
    assert "Name another folder" in ran.stderr


@pytest.mark.parametrize("database", ["postgresql", "mariadb"])
def test_a_database_that_needs_a_server_is_refused_with_what_to_do(
    tmp_path: Path, database: str
) -> None:
    ran = run_demo(tmp_path, "-f", "flask", "-d", database)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert f"--database {database}" in ran.stderr
    assert "needs a server" in ran.stderr
    assert "it takes sqlite" in ran.stderr
    assert "kgscaffold init shop -f flask -d" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/README.md").write_text("mine")
    ran = run_demo(tmp_path, "shop")
    assert ran.returncode == 5
    assert "README.md" in ran.stderr
    assert [path.name for path in (tmp_path / "shop").iterdir()] == ["README.md"]


def test_a_failing_installation_is_told_with_its_log(tmp_path: Path) -> None:
    offline = {
        "UV_OFFLINE": "1",
        "UV_CACHE_DIR": str(tmp_path / "cache"),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path),
        "PIP_CONFIG_FILE": os.devnull,
    }
    ran = run_demo(tmp_path, "shop", **offline)
    log = tmp_path / "shop/.demo/install.log"
    assert ran.returncode == 5
    assert str(log) in ran.stderr
    assert log.read_text()
    assert left_behind(tmp_path) == []


def status_of(shop: Path) -> dict[str, Any]:
    """Give what `status --json` tells of the project."""
    told = subprocess.run([PROGRAM, "status", "--json"], cwd=shop, capture_output=True, check=True)
    document: dict[str, Any] = json.loads(told.stdout)
    return document


@contextmanager
def edited(handler: Path, before: str, after: str) -> Iterator[None]:
    """Leave a handler edited for a while."""
    text = handler.read_text()
    assert before in text
    handler.write_text(text.replace(before, after, 1))
    try:
        yield
    finally:
        handler.write_text(text)


class Edits(NamedTuple):
    """What a user of a language changes: in its words, and how it is told."""

    suffix: str
    runs: str
    raised: tuple[str, str]
    condition: str
    paid: str
    undefined: tuple[str, str]


OF_PYTHON = Edits(
    suffix="py",
    runs="app/kryptogo/handlers/expired.py",
    raised=('price = {}["missing"]\n    ', "KeyError: 'missing'"),
    condition="if not event.order_already_paid:",
    paid='status="{}"',
    undefined=(" = undefined_name or ", "NameError: name 'undefined_name' is not defined"),
)
OF_NODE = Edits(
    suffix="ts",
    runs="dist/kryptogo/handlers/expired.js",
    raised=('JSON.parse("missing");\n    ', "SyntaxError: Unexpected token 'm'"),
    condition="if (!event.order_already_paid)",
    paid='status: "{}"',
    undefined=(" = undefinedName ?? ", "Cannot find name 'undefinedName'"),
)

OF_NESTJS = OF_NODE._replace(condition="if (event.order_already_paid)")


def edits_of(shop: Path) -> tuple[Edits, Path]:
    """Give the edits for a shop, and the folder of its module."""
    answers = status_of(shop)["answers"]
    module = shop / answers["module"]
    if answers["language"] == "python":
        return OF_PYTHON, module
    return OF_NESTJS if answers["framework"] == "nestjs" else OF_NODE, module


def test_a_handler_that_raises_is_told_at_once_with_its_place(demo: tuple[Path, str]) -> None:
    shop, _ = demo
    edits, module = edits_of(shop)
    handler = module / f"handlers/expired.{edits.suffix}"
    raises, told = edits.raised
    with edited(handler, edits.condition, f"{raises}{edits.condition}"):
        ran = run_demo(shop.parent)
        line = next(
            number
            for number, text in enumerate((shop / edits.runs).read_text().splitlines(), 1)
            if "missing" in text
        )
    assert ran.returncode == 3
    assert told in ran.stderr
    assert "pending, a handler raised" in " ".join(ran.stdout.replace("│", " ").split())
    assert f"{edits.runs}:{line}" in ran.stderr
    assert "run the demo again" in ran.stderr
    assert str(shop / ".demo/shop.log") in ran.stderr
    # It is tried again after 2 s, 10 s and 30 s; nobody waited for those.
    attempts = "SELECT max(attempts) FROM kryptogo_callbacks WHERE status = 'expired'"
    [(number,)] = query(shop, attempts)
    assert number in {1, 2}
    assert left_behind(shop.parent) == []


def test_a_handler_that_does_something_else_is_told_as_it_is(demo: tuple[Path, str]) -> None:
    shop, _ = demo
    edits, module = edits_of(shop)
    handler = module / f"handlers/success.{edits.suffix}"
    with edited(handler, edits.paid.format("paid"), edits.paid.format("shipped")):
        ran = run_demo(shop.parent)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "the order is shipped" in ran.stdout


def test_a_shop_that_an_edit_keeps_from_starting_is_told_with_the_error(
    demo: tuple[Path, str],
) -> None:
    shop, _ = demo
    edits, module = edits_of(shop)
    instead, told = edits.undefined
    (pages,) = [
        path
        for path in module.parent.rglob(f"*.{edits.suffix}")
        if "kgscaffold:id=app/shop\n" in path.read_text()
    ]
    with edited(pages, " = ", instead):
        ran = run_demo(shop.parent)
    assert ran.returncode == 3
    # Flask's migrate command loads the application, too, and what is built is not even started.
    expected = "the shop did not start|migrating the database failed|building the shop failed"
    assert re.search(expected, ran.stderr)
    assert "run the demo again" in ran.stderr
    assert told in ran.stderr
    assert left_behind(shop.parent) == []


def test_quiet_prints_nothing_of_a_demo_that_succeeds(demo: tuple[Path, str]) -> None:
    shop, _ = demo
    ran = run_demo(shop.parent, "-q")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
