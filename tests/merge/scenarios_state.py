"""Scenarios of the state, of branches and clones, kills, and files that must not be touched."""

from __future__ import annotations

import shutil
from pathlib import Path

from kgscaffold.apply import is_interrupted
from kgscaffold.state.paths import LOCK
from tests.merge.rivals import git
from tests.merge.shop import Shop
from tests.merge.table import scenario
from tests.merge.worlds import Templates, edit, initialise, tree, update
from tests.unit.killing import every_kill, killed_at


@scenario("S17")
def a_fresh_clone(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    edit(root, shop.HANDLERS, shop.ship_on_success)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "all")
    new = shop.release(handlers=shop.handlers("pending", "insufficient", "success"))
    clones = [root.parent / "clone", root.parent / "windows"]
    git(root.parent, "clone", "-q", str(root), "clone")
    git(root.parent, "clone", "-q", "-c", "core.autocrlf=true", str(root), "windows")
    assert update(root, new).code == 0
    expected = tree(root, state=True)
    for clone in clones:
        assert update(clone, new).code == 0
        found = tree(clone, state=True)
        for path in ("lock.json", "base"):
            assert _below(found, f".kgscaffold/{path}") == _below(expected, f".kgscaffold/{path}")
        assert found[shop.HANDLERS].replace(b"\r\n", b"\n") == expected[shop.HANDLERS]


def _below(files: dict[str, bytes], prefix: str) -> dict[str, bytes]:
    return {path: content for path, content in files.items() if path.startswith(prefix)}


def _is_refused(root: Path, shop: Shop, *, needle: str) -> None:
    before = tree(root, state=True)
    result = update(root, shop.release(client=shop.client(wait=30)))
    assert result.code == 5
    assert needle in result.errors
    assert tree(root, state=True) == before


@scenario("S18")
def a_base_that_was_tampered_with(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    base = next((root / ".kgscaffold/base").iterdir())
    base.write_bytes(base.read_bytes() + b"# tampered\n")
    _is_refused(root, shop, needle=base.name)


@scenario("S18")
def no_lock(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    (root / LOCK).unlink()
    _is_refused(root, shop, needle=LOCK)


@scenario("S18")
def a_lock_from_a_newer_version(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    edit(root, LOCK, lambda text: text.replace('"schema": 1', '"schema": 99'))
    _is_refused(root, shop, needle="newer")


def _two_branches(root: Path, shop: Shop, mine: Templates, theirs: Templates) -> None:
    initialise(root, shop.first_release())
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "0.1.0")
    git(root, "checkout", "-qb", "other")
    edit(root, shop.WORKER, lambda text: text.replace("first()", "oldest()"))
    assert update(root, theirs).code == 0
    git(root, "add", "-A")
    git(root, "commit", "-qm", "other")
    git(root, "checkout", "-q", "main")
    edit(root, shop.HANDLERS, shop.ship_on_success)
    assert update(root, mine).code == 0
    git(root, "add", "-A")
    git(root, "commit", "-qm", "mine")


@scenario("S19")
def two_branches_upgraded_alike_and_merged(root: Path, shop: Shop) -> None:
    new = shop.release(client=shop.client(wait=30))
    _two_branches(root, shop, new, new)
    git(root, "merge", "-q", "-m", "merge", "other")
    before = tree(root)
    assert update(root, new).code == 0
    assert tree(root) == before
    assert (root / shop.WORKER).read_text() == shop.lines(("first()", "oldest()"))


@scenario("S19")
def two_branches_upgraded_to_different_versions_and_merged(root: Path, shop: Shop) -> None:
    newer = shop.release(
        client=shop.client(wait=60), handlers=shop.handlers("pending", "insufficient", "success")
    )
    _two_branches(root, shop, newer, shop.release(client=shop.client(wait=30)))
    git(root, "merge", "-q", "other", fails=True)
    unmerged = git(root, "diff", "--name-only", "--diff-filter=U").split()
    assert LOCK in unmerged
    assert not [path for path in unmerged if path.startswith(".kgscaffold/base/")]
    result = update(root, newer)
    assert (result.code, "checkout --ours" in result.errors) == (5, True)
    git(root, "checkout", "--ours", "--", *unmerged)
    assert update(root, newer).code == 0
    assert (root / shop.CLIENT).read_text() == shop.client(wait=60)
    assert (root / shop.WORKER).read_text() == shop.lines(("first()", "oldest()"))
    assert "ship_goods" in (root / shop.HANDLERS).read_text()


@scenario("S20")
def killed_in_the_middle_of_writing(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    edit(root, shop.HANDLERS, shop.ship_on_success)
    new = shop.release(
        handlers=shop.handlers("pending", "insufficient", "success"), client=shop.client(wait=30)
    )
    started, whole = root.parent / "started", root.parent / "whole"
    for copy in (started, whole):
        shutil.copytree(root, copy)
    assert update(whole, new).code == 0
    kills = 0
    for step, moment in every_kill():
        shutil.rmtree(started)
        shutil.copytree(root, started)
        if not killed_at(step, moment, lambda: update(started, new)):
            break
        kills += 1
        assert update(started, new).code == 0
        assert tree(started) == tree(whole)
        assert not is_interrupted(started)
    assert kills > 20


@scenario("S21")
def a_read_only_file(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    (root / shop.CLIENT).chmod(0o444)
    _is_refused(root, shop, needle=shop.CLIENT)


@scenario("S21")
def a_folder_that_is_a_symbolic_link(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    outside = root.parent / "outside"
    (root / "app/core").rename(outside)
    (root / "app/core").symlink_to(outside)
    _is_refused(root, shop, needle="app/core")
    assert (outside / shop.path("client")).read_text() == shop.client()


@scenario("S21")
def a_path_outside_the_project(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    (root.parent / shop.path("client")).write_text(shop.client())
    edit(root, LOCK, lambda text: text.replace(shop.CLIENT, f"../{shop.path('client')}"))
    _is_refused(root, shop, needle=LOCK)
    assert (root.parent / shop.path("client")).read_text() == shop.client()
