"""A shop of every released version, worked on, is brought up to date and still works."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from kgscaffold.answers import Policy
from kgscaffold.apply import undo
from kgscaffold.plan.model import Kind
from kgscaffold.project.loading import load_lock
from kgscaffold.render import render
from kgscaffold.scaffold import plan_regeneration, write_plan
from kgscaffold.stacks import stack_of
from kgscaffold.verify.process import Project
from tests.conformance.harness.installation import environment_for, program_path
from tests.conformance.harness.project import migrate
from tests.conformance.harness.stacks import STACKS
from tests.releases.trees import Release, releases
from tests.releases.upgraded import entry, own_tests, upgraded, work_on
from tests.servers.reaper import Reaper
from tests.unit.trees import read_tree

RELEASES = releases()
BEFORE_AGENTS = [release for release in RELEASES if "project/agents" not in release.rendering]


@pytest.fixture(params=RELEASES, ids=lambda release: release.name)
def release(request: pytest.FixtureRequest) -> Release:
    found: Release = request.param
    return found


@pytest.fixture
def shop(release: Release, tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    upgraded(release.version, release.answers.framework, release.answers.database, root)
    return root


@pytest.fixture
def reaper() -> Iterator[Reaper]:
    reaper = Reaper()
    yield reaper
    reaper.close()


@pytest.fixture
def url(release: Release, reaper: Reaper) -> Iterator[str]:
    """An empty database of the release's kind."""
    server = STACKS[f"{release.answers.framework}-{release.answers.database}"].server(reaper)
    database = server.fresh("upgraded", migrated=False)
    yield database.url
    database.drop()
    server.close()


def test_every_edit_is_where_it_was_made(shop: Path) -> None:
    success = (shop / "app/kryptogo/handlers/success.py").read_text()
    assert "from app.shipping import ship_goods" in success
    assert "    ship_goods(payment.order_id)\n    log.info(" in success
    assert not (shop / "app/shop.py").exists()
    assert "def test_goods_are_shipped" in own_tests(shop).read_text()
    for path, text in {
        "app/kryptogo/handlers/insufficient_refunded.py": "# Accounting wants to know",
        entry(shop): "(pages.",
        "app/pages.py": "kgscaffold:id=app/shop",
        "pyproject.toml": 'version = "2.3.0"',
        "README.md": "Ask Mei about refunds.",
    }.items():
        assert text in (shop / path).read_text(), path
    for source in shop.rglob("*.py"):
        ast.parse(source.read_text())


def test_what_is_said_to_assistants_comes_with_the_update(shop: Path) -> None:
    assert (shop / "AGENTS.md").read_text().startswith("<!-- kgscaffold:id=project/agents -->")


@pytest.mark.parametrize("release", BEFORE_AGENTS, ids=lambda release: release.name)
def test_what_a_user_says_to_assistants_stays_and_ours_lies_beside_it(
    release: Release, tmp_path: Path
) -> None:
    root = tmp_path / "shop"
    release.write(root)
    (root / "AGENTS.md").write_text("Be brief.\n")
    write_plan(root, plan_regeneration(root, {}))
    assert (root / "AGENTS.md").read_text() == "Be brief.\n"
    assert "kgscaffold:id=project/agents" in (root / "AGENTS.md.kg-new").read_text()


def test_what_nobody_edited_is_what_a_new_project_has(shop: Path) -> None:
    for file in render(load_lock(shop).answers).values():
        if file.policy is Policy.OWNED:
            assert (shop / file.path).read_bytes() == file.content, file.path


def test_the_second_time_there_is_nothing_to_do_and_undo_gives_all_back(
    shop: Path, release: Release, tmp_path: Path
) -> None:
    plan, changes = plan_regeneration(shop, {})
    assert not plan.behind
    assert changes == ()
    before = tmp_path / "before"
    release.write(before)
    work_on(before)
    assert undo(shop)
    expected = read_tree(before)
    assert {path: entry for path, entry in read_tree(shop).items() if path in expected} == expected


def test_nobody_is_asked_and_everything_said(release: Release, tmp_path: Path) -> None:
    root = tmp_path / "shop"
    plan = upgraded(release.version, release.answers.framework, release.answers.database, root)
    for action in plan.actions:
        if action.writes:
            assert action.kind in {Kind.CREATE, Kind.UPDATE, Kind.MERGE, Kind.PATCH, Kind.REMOVE}
            assert action.changes, f"{action.id} changes, and the changelog does not say why"


@pytest.mark.parametrize("only_security", [False, True], ids=["everything", "only-security"])
def test_its_own_tests_pass(
    release: Release, tmp_path: Path, url: str, reaper: Reaper, only_security: bool
) -> None:
    answers = release.answers
    shop = tmp_path / "shop"
    upgraded(
        release.version, answers.framework, answers.database, shop, only_security=only_security
    )
    stack = stack_of(answers)
    commands = stack.commands(answers).document()
    name = f"{answers.framework}-{answers.database}"
    programs = environment_for(name, commands["install"], shop)
    project = Project(shop, commands, program_path(programs), reaper)
    migrate(project, url)
    variables = {"TEST_DATABASE_URL": url, "DATABASE_URL": url}
    ran = project.run(commands["test"], variables, timeout=300)
    assert ran.code == 0, ran.out + ran.err
    migrates = commands["migrate"][: commands["migrate"].index("upgrade")]
    heads = project.run([*migrates, "heads"], variables)
    assert heads.out.count("(head)") == 1, heads.out
