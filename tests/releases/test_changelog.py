"""Whoever changes a template says why, for the people who update."""

from __future__ import annotations

import pytest

from kgscaffold import __version__
from kgscaffold.plan.initial import plan_init
from kgscaffold.plan.update import behind
from kgscaffold.render import render
from kgscaffold.render.changelog import read_changelog
from kgscaffold.state.lock import Lock
from kgscaffold.versions import is_later, parsed
from tests.releases.trees import Release, releases
from tests.snapshots.trees import SUPPORTED, name_of

RELEASES = releases()
LATEST = [release for release in RELEASES if release.version == RELEASES[-1].version]


def lock_of(release: Release) -> Lock:
    return plan_init(release.answers, release.rendering).lock


@pytest.mark.parametrize("release", LATEST, ids=lambda release: release.name)
def test_every_template_changed_since_the_last_release_has_an_entry(release: Release) -> None:
    changed = behind(lock_of(release), render(release.answers))
    if changed:
        assert is_later(__version__, release.version), "raise the version"
    explained = {
        file_id
        for change in read_changelog()
        if is_later(change.version, release.version) and change.concerns(release.answers.framework)
        for file_id in change.ids
    }
    assert sorted(changed - explained) == [], f"add entries for {__version__} to the changelog"


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
def test_a_migration_that_was_released_never_changes(release: Release) -> None:
    now = render(release.answers)
    for file_id, file in release.rendering.items():
        if file_id.startswith("migrations/"):
            assert now[file_id] == file, "add a new migration instead"


def test_the_changelog_names_files_that_exist_or_did() -> None:
    known = {file_id for release in RELEASES for file_id in release.rendering}
    for answers in SUPPORTED:
        known |= render(answers).keys()
    for change in read_changelog():
        assert set(change.ids) <= known
        assert parsed(change.version) <= parsed(__version__)
        assert len(change.why) <= 200
        assert "\n" not in change.why


def test_every_combination_of_the_last_release_is_supported_still() -> None:
    assert {name_of(release.answers) for release in LATEST} <= {name_of(one) for one in SUPPORTED}
