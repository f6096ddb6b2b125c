"""A shop of every released version, worked on, is brought up to date and still works."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kgscaffold.answers import LanguageName, Policy
from kgscaffold.apply import undo
from kgscaffold.languages import language_of
from kgscaffold.plan.model import Kind
from kgscaffold.project.loading import load_lock
from kgscaffold.render import render
from kgscaffold.render.changelog import ChangeClass, read_changelog
from kgscaffold.scaffold import plan_regeneration, write_plan
from kgscaffold.stacks import stack_of
from kgscaffold.verify.process import Project
from kgscaffold.versions import is_later
from tests.conformance.harness.installation import environment_for, program_path
from tests.conformance.harness.project import build, migrate
from tests.conformance.harness.stacks import STACKS
from tests.releases.trees import Release, releases
from tests.releases.upgraded import made, upgraded, work_on
from tests.servers.reaper import Reaper
from tests.unit.trees import read_tree

RUN = [release for release in releases() if release.cell in STACKS]
"""Each form once: what differs between databases does not differ between forms."""
INSECURE = [
    release
    for release in RUN
    if any(
        change.kind is ChangeClass.SECURITY and is_later(change.version, release.version)
        for change in read_changelog()
    )
]
BEFORE_AGENTS = [release for release in RUN if "project/agents" not in release.rendering]


@pytest.fixture(params=RUN, ids=lambda release: release.name)
def release(request: pytest.FixtureRequest) -> Release:
    found: Release = request.param
    return found


@pytest.fixture
def shop(release: Release, tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    upgraded(release.version, release.cell, root)
    return root


@pytest.fixture
def reaper() -> Iterator[Reaper]:
    reaper = Reaper()
    yield reaper
    reaper.close()


@pytest.fixture
def url(release: Release, reaper: Reaper) -> Iterator[str]:
    """An empty database of the release's kind."""
    server = STACKS[release.cell].server(reaper)
    database = server.fresh("upgraded", migrated=False)
    yield database.url
    database.drop()
    server.close()


def test_every_edit_is_where_it_was_made(shop: Path) -> None:
    for path, text in made(shop).items():
        assert text in (shop / path).read_text(), path
    for source in shop.rglob("*"):
        language = language_of(source.name)
        assert language is None or language.is_sound(source.read_text()) is not False, source


def test_a_file_that_was_renamed_is_at_its_new_name_alone(shop: Path) -> None:
    files = [path for path in shop.rglob("*") if path.is_file() and ".kgscaffold" not in path.parts]
    assert [path.stem for path in files if "kgscaffold:id=app/shop\n" in path.read_text()] == [
        "pages"
    ]


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
    plan = upgraded(release.version, release.cell, root)
    for action in plan.actions:
        if action.writes:
            assert action.kind in {Kind.CREATE, Kind.UPDATE, Kind.MERGE, Kind.PATCH, Kind.REMOVE}
            assert action.changes, f"{action.id} changes, and the changelog does not say why"


def test_its_own_tests_pass(release: Release, tmp_path: Path, url: str, reaper: Reaper) -> None:
    _pass_own_tests(release, tmp_path / "shop", url, reaper, only_security=False)


@pytest.mark.parametrize("release", INSECURE, ids=lambda release: release.name)
def test_its_own_tests_pass_with_what_is_for_security_alone(
    release: Release, tmp_path: Path, url: str, reaper: Reaper
) -> None:
    _pass_own_tests(release, tmp_path / "shop", url, reaper, only_security=True)


def _pass_own_tests(
    release: Release, shop: Path, url: str, reaper: Reaper, *, only_security: bool
) -> None:
    upgraded(release.version, release.cell, shop, only_security=only_security)
    commands = stack_of(release.answers).commands(release.answers).document()
    programs = environment_for(release.cell, commands["install"], shop)
    project = Project(shop, commands, program_path(programs), reaper)
    build(project)
    migrate(project, url)
    variables = {"TEST_DATABASE_URL": url, "DATABASE_URL": url}
    ran = project.run(commands["test"], variables, timeout=300)
    assert ran.code == 0, ran.out + ran.err
    if release.answers.language is LanguageName.PYTHON:
        migrates = commands["migrate"][: commands["migrate"].index("upgrade")]
        heads = project.run([*migrates, "heads"], variables)
        assert heads.out.count("(head)") == 1, heads.out
