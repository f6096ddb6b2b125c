"""Projects in git: clones, other line endings, and branches that were updated and merged."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kgscaffold.state.lock import read_lock
from tests.cli.projects import DOC, HANDLERS, SUCCESS, committed
from tests.cli.running import Cli
from tests.cli.templates import Templates
from tests.editing import edit
from tests.unit.trees import Tree

LOCK = ".kgscaffold/lock.json"


def git(folder: Path, *arguments: str, fails: bool = False) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert bool(done.returncode) is fails, done.stdout + done.stderr
    return done.stdout


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)


@pytest.fixture
def repository(shop: Path) -> Path:
    git(shop, "init", "-q", "-b", "main")
    commit(shop, "generated")
    return shop


def files_of(folder: Path) -> Tree:
    """Everything that git and journals do not keep to themselves."""
    return {
        path: entry
        for path, entry in committed(folder).items()
        if not path.startswith(".git/") and entry[0] == "file"
    }


def improve(templates: Templates) -> None:
    templates.edit("success.py.jinja", DOC, "It is paid.")
    templates.edit("core/route.py", '"""', '"""Safe. ')
    templates.rename("core/screen.py", "display.py")
    templates.edit("core/ops.py", "review, screen, store", "display as screen, review, store")


def test_a_fresh_clone_is_updated_like_the_project_it_came_from(
    cli: Cli, work: Path, repository: Path, templates: Templates
) -> None:
    edit(repository / SUCCESS, "ship it", "SHIP IT")
    commit(repository, "mine")
    git(work, "clone", "-q", "shop", "clone")
    improve(templates)
    assert cli("update", "shop", "-y").code == 0
    assert cli("update", "clone", "-y").code == 0
    assert files_of(work / "clone") == files_of(repository)


def test_a_clone_with_other_line_endings_is_up_to_date_and_keeps_them(
    cli: Cli, work: Path, repository: Path, templates: Templates
) -> None:
    edit(repository / SUCCESS, "ship it", "SHIP IT")
    commit(repository, "mine")
    git(work, "-c", "core.autocrlf=true", "clone", "-q", "shop", "clone")
    clone = work / "clone"
    git(clone, "config", "core.autocrlf", "true")
    assert b"\r\n" in (clone / SUCCESS).read_bytes()
    assert cli("update", "clone", "--check").code == 0
    improve(templates)
    assert cli("update", "clone", "-y").code == 0
    assert cli("update", "shop", "-y").code == 0
    for path in (SUCCESS, "app/kryptogo/core/route.py"):
        content = (clone / path).read_bytes()
        assert content.count(b"\n") == content.count(b"\r\n") > 0
        assert content.replace(b"\r\n", b"\n") == (repository / path).read_bytes()
    commit(clone, "updated")
    git(clone, "fetch", "-q", "origin")
    assert cli("update", "clone", "--check").code == 0
    assert cli("status", "clone", "--json").document["sound"] is True
    changed = git(clone, "diff", "--name-only", "HEAD~1")
    assert set(changed.split()) >= {LOCK, SUCCESS}


def test_two_branches_that_were_both_updated_merge_without_a_conflict(
    cli: Cli, repository: Path, templates: Templates
) -> None:
    improve(templates)
    git(repository, "checkout", "-q", "-b", "other")
    edit(repository / SUCCESS, "ship it", "SHIP IT")
    assert cli("update", "shop", "-y").code == 0
    commit(repository, "other: mine, then updated")
    git(repository, "checkout", "-q", "main")
    edit(repository / f"{HANDLERS}/expired.py", "a success", "A SUCCESS")
    commit(repository, "mine too")
    assert cli("update", "shop", "-y").code == 0
    commit(repository, "updated")
    git(repository, "merge", "-q", "-m", "merged", "other")
    read_lock((repository / LOCK).read_bytes())
    before = files_of(repository)
    result = cli("update", "shop", "-y")
    assert (result.code, result.out) == (0, "nothing to do\n")
    assert files_of(repository) == before
    assert "SHIP IT" in (repository / SUCCESS).read_text()
    assert "A SUCCESS" in (repository / f"{HANDLERS}/expired.py").read_text()
    assert cli("status", "shop", "--json").document["sound"] is True


@pytest.mark.parametrize("side", ["--ours", "--theirs"])
def test_branches_of_different_versions_are_brought_in_line(
    cli: Cli, repository: Path, templates: Templates, side: str
) -> None:
    git(repository, "checkout", "-q", "-b", "other")
    templates.edit("success.py.jinja", DOC, "It is paid.")
    assert cli("update", "shop", "-y").code == 0
    commit(repository, "other: updated to a version")
    git(repository, "checkout", "-q", "main")
    templates.edit("success.py.jinja", "import logging", "import logging\nimport json")
    assert cli("update", "shop", "-y").code == 0
    edit(repository / SUCCESS, "ship it", "SHIP IT")
    commit(repository, "updated to a later one, and mine")
    git(repository, "merge", "-q", "-m", "merged", "other", fails=True)
    refused = cli("update", "shop", "-y")
    assert refused.code == 5
    assert f"git checkout --ours (or --theirs) -- {LOCK}" in refused.err
    git(repository, "checkout", "--ours", "--", SUCCESS)
    git(repository, "checkout", side, "--", LOCK)
    commit(repository, "merged")
    assert cli("update", "shop", "-y").code == 0
    assert "SHIP IT" in (repository / SUCCESS).read_text()
    assert (repository / SUCCESS).read_text().count("import json") == 1
    assert cli("update", "shop", "--check").code == 0
    assert cli("status", "shop", "--json").document["sound"] is True


def test_a_branch_that_was_not_updated_gets_the_update_by_merging(
    cli: Cli, repository: Path, templates: Templates
) -> None:
    git(repository, "checkout", "-q", "-b", "feature")
    edit(repository / SUCCESS, "ship it", "SHIP IT")
    commit(repository, "feature")
    git(repository, "checkout", "-q", "main")
    improve(templates)
    assert cli("update", "shop", "-y").code == 0
    commit(repository, "updated")
    git(repository, "checkout", "-q", "feature")
    git(repository, "merge", "-q", "-m", "merged", "main")
    assert cli("update", "shop", "--check").code == 0
    assert cli("status", "shop", "--json").document["sound"] is True


def test_a_dirty_tree_and_no_repository_do_not_matter(
    cli: Cli, repository: Path, templates: Templates
) -> None:
    edit(repository / SUCCESS, "ship it", "SHIP IT")
    improve(templates)
    assert cli("update", "shop", "-y").code == 0
    status = git(repository, "status", "--short")
    assert "undo" not in status


def test_nothing_of_an_ejected_project_is_seen_by_git(cli: Cli, repository: Path) -> None:
    assert cli("eject", "shop", "-y").code == 0
    commit(repository, "ejected")
    assert git(repository, "ls-files", ".kgscaffold") == ""
    assert git(repository, "status", "--short") == ""
