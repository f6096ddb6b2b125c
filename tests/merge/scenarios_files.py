"""Scenarios of files that come, go and move."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.merge.rivals import git
from tests.merge.shop import (
    CLIENT,
    HANDLERS,
    WORKER,
    client,
    first_release,
    handlers,
    lines,
    release,
    without,
)
from tests.merge.table import scenario
from tests.merge.worlds import Templates, edit, initialise, template, tree, update


@scenario("S4")
def the_templates_drop_an_edited_file(root: Path) -> None:
    initialise(root, first_release())
    edit(root, CLIENT, lambda text: text + "\n\nmine = 1\n")
    before = tree(root)
    result = update(root, without(first_release(), "core/client"))
    assert (result.code, tree(root)) == (0, before)
    assert "dropped" in result.reason(CLIENT)


@scenario("S4")
def the_templates_drop_an_unedited_file(root: Path) -> None:
    initialise(root, first_release())
    result = update(root, without(first_release(), "core/client"))
    assert (result.code, result.kinds()) == (0, {CLIENT: "remove"})
    assert not (root / CLIENT).exists()


@scenario("S5")
def the_templates_rename_an_edited_file(root: Path) -> None:
    initialise(root, first_release())
    edit(root, CLIENT, lambda text: text + "\n\nmine = 1\n")
    moved = template("app/core/api.py", "core/client", client(wait=30))
    assert update(root, {**first_release(), "core/client": moved}).code == 0
    assert not (root / CLIENT).exists()
    assert (root / "app/core/api.py").read_text() == client(wait=30) + "\n\nmine = 1\n"


@scenario("S6")
def the_user_renamed_a_file_that_the_templates_mend(root: Path) -> None:
    initialise(root, first_release())
    (root / "app/net").mkdir()
    (root / CLIENT).rename(root / "app/net/http.py")
    edit(root, "app/net/http.py", lambda text: text + "\n\nmine = 1\n")
    assert update(root, release(client=client(wait=30))).code == 0
    assert not (root / CLIENT).exists()
    assert (root / "app/net/http.py").read_text() == client(wait=30) + "\n\nmine = 1\n"


@scenario("S7")
def the_user_deleted_a_file_that_the_templates_mend(root: Path) -> None:
    initialise(root, first_release())
    (root / CLIENT).unlink()
    before = tree(root)
    result = update(root, release(client=client(wait=30)))
    assert (result.code, tree(root)) == (0, before)
    assert "deleted by you" in result.reason(CLIENT)


def _both_add(root: Path) -> None:
    initialise(root, first_release())
    (root / "app/core/retry.py").write_text("mine = 1\n")
    before = tree(root)
    new = template("app/core/retry.py", "core/retry", client("retry"))
    result = update(root, {**first_release(), "core/retry": new})
    assert result.code == 3
    assert tree(root) == {**before, "app/core/retry.py.kg-new": client("retry").encode()}


@scenario("S8")
def both_add_the_same_path(root: Path) -> None:
    _both_add(root)


@scenario("S8")
def both_add_the_same_path_and_git_ignores_it(root: Path) -> None:
    root.mkdir()
    (root / ".gitignore").write_text("retry.py\n")
    git(root, "init", "-q")
    _both_add(root)


@scenario("S14")
def a_file_replaced_by_a_similar_one(root: Path) -> None:
    initialise(root, first_release())
    edit(root, CLIENT, lambda text: text.replace("    check_env", "    my_own()\n    check_env"))
    before = tree(root)
    similar = template("app/core/wallet.py", "core/wallet", client("wallet"))
    files = {**without(first_release(), "core/client"), "core/wallet": similar}
    assert update(root, files).code == 0
    assert tree(root) == {**before, "app/core/wallet.py": client("wallet").encode()}


@scenario("S14")
def a_file_replaced_by_a_similar_one_at_its_path(root: Path) -> None:
    initialise(root, first_release())
    edit(root, CLIENT, lambda text: text.replace("    check_env", "    my_own()\n    check_env"))
    before = tree(root)
    similar = template(CLIENT, "core/wallet", client("wallet"))
    files = {**without(first_release(), "core/client"), "core/wallet": similar}
    assert update(root, files).code == 3
    assert tree(root) == {**before, f"{CLIENT}.kg-new": client("wallet").encode()}


@scenario("S15")
def the_user_replaced_a_file_by_a_similar_one(root: Path) -> None:
    initialise(root, first_release())
    similar = (root / CLIENT).read_text().partition("\n")[2] + "\n\nmine = 1\n"
    (root / CLIENT).unlink()
    (root / "app/core/mine.py").write_text(similar)
    before = tree(root)
    assert update(root, release(client=client(wait=30))).code == 0
    assert tree(root) == before


RETRY = "app/core/retry.py"


def _with_retry(wait: int = 10) -> Templates:
    """Give templates with a file more than the first release."""
    retry = template(RETRY, "core/retry", client("retry", wait))
    return {**first_release(), "core/retry": retry}


def _settled_until_the_template_changes(root: Path) -> None:
    """The user has a file where the templates add one, and deletes the sidecar."""
    mine = (root / RETRY).read_bytes()
    assert update(root, _with_retry()).code == 3
    assert update(root, _with_retry(), "--check").code == 4
    (root / f"{RETRY}.kg-new").unlink()
    before = tree(root, state=True)
    for options in ([], ["--check"], []):
        assert update(root, _with_retry(), *options).code == 0
        assert tree(root, state=True) == before
    assert update(root, _with_retry(wait=30)).code == 3
    assert (root / f"{RETRY}.kg-new").read_text() == client("retry", 30)
    assert (root / RETRY).read_bytes() == mine


@scenario("S25")
def the_user_deleted_the_sidecar_of_a_new_file(root: Path) -> None:
    initialise(root, first_release())
    (root / RETRY).write_text("mine = 1\n")
    _settled_until_the_template_changes(root)


@scenario("S25")
def the_user_deleted_the_sidecar_where_another_managed_file_was_moved(root: Path) -> None:
    initialise(root, first_release())
    (root / CLIENT).rename(root / RETRY)
    _settled_until_the_template_changes(root)


@scenario("S25")
def the_user_deleted_the_sidecar_of_a_file_that_was_replaced(root: Path) -> None:
    initialise(root, first_release())
    edit(root, CLIENT, lambda text: text + "\n\nmine = 1\n")
    wallet = template(CLIENT, "core/wallet", client("wallet"))
    files = {**without(first_release(), "core/client"), "core/wallet": wallet}
    assert update(root, files).code == 3
    (root / f"{CLIENT}.kg-new").unlink()
    before = tree(root, state=True)
    assert update(root, files).code == 0
    assert tree(root, state=True) == before


@scenario("S25")
def the_user_adopted_a_sidecar_beside_another_managed_file(root: Path) -> None:
    initialise(root, first_release())
    (root / CLIENT).rename(root / RETRY)
    assert update(root, _with_retry()).code == 3
    (root / f"{RETRY}.kg-new").rename(root / "app/again.py")
    assert update(root, _with_retry(wait=30)).code == 0
    assert (root / "app/again.py").read_text() == client("retry", 30)
    assert (root / RETRY).read_text() == client()


@scenario("S25")
def the_user_deleted_the_sidecar_of_a_managed_file(root: Path) -> None:
    """The word of the user counts there too: what it held is dealt with, merged or not."""
    initialise(root, first_release())
    (root / CLIENT).write_bytes((root / CLIENT).read_bytes() + b"# caf\xe9\n")
    assert update(root, release(client=client(wait=30))).code == 3
    (root / f"{CLIENT}.kg-new").unlink()
    before = tree(root, state=True)
    assert update(root, release(client=client(wait=30))).code == 0
    assert tree(root, state=True) == before
    assert update(root, release(client=client(wait=60))).code == 3


def _copied(root: Path, source: str, target: str) -> None:
    initialise(root, first_release())
    shutil.copy(root / source, root / target)


@scenario("S26")
def a_file_copied_over_another_with_its_id(root: Path) -> None:
    _copied(root, WORKER, CLIENT)
    theirs = ("return sixth", "return sixth.last()")
    new = release(worker=lines(theirs), client=client(wait=30))
    for options in ([], ["--check"], []):
        result = update(root, new, *options)
        assert result.code == (4 if options else 3)
        assert "core/worker" in result.reason(CLIENT)
        assert WORKER in result.reason(CLIENT)
        assert "deleted" not in result.reason(CLIENT)
        assert (root / CLIENT).read_text() == lines()
    assert (root / WORKER).read_text() == lines(theirs)


@scenario("S26")
def a_copied_file_whose_id_was_mended_gets_its_fixes_again(root: Path) -> None:
    _copied(root, WORKER, CLIENT)
    assert update(root, release(client=client(wait=30))).code == 3
    (root / CLIENT).write_text(client() + "\n\nmine = 1\n")
    assert update(root, release(client=client(wait=30))).code == 0
    assert (root / CLIENT).read_text() == client(wait=30) + "\n\nmine = 1\n"


@scenario("S26")
def a_file_moved_over_another(root: Path) -> None:
    initialise(root, first_release())
    (root / WORKER).rename(root / CLIENT)
    result = update(root, release(client=client(wait=30)))
    assert (result.code, (root / CLIENT).read_text()) == (0, lines())
    reasons = [str(item["reason"]) for item in result.actions if item["id"] == "core/client"]
    assert "core/worker is there now, moved by you" in reasons[0]


@scenario("S26")
def a_copy_of_a_file_beside_it(root: Path) -> None:
    initialise(root, first_release())
    shutil.copy(root / CLIENT, root / "app/core/other.py")
    result = update(root, release(client=client(wait=30)))
    assert (result.code, (root / CLIENT).read_text()) == (0, client(wait=30))
    assert (root / "app/core/other.py").read_text() == client()
    assert "app/core/other.py carries its id too" in str(result.notes(CLIENT))


@scenario("S27")
def the_id_was_removed_by_hand(root: Path) -> None:
    initialise(root, first_release())
    edit(root, CLIENT, lambda text: text.partition("\n")[2])
    result = update(root, release(client=client(wait=30)))
    assert (result.code, (root / CLIENT).read_text()) == (0, client(wait=30).partition("\n")[2])
    assert "kgscaffold:id=core/client is gone: put it back" in str(result.notes(CLIENT))


@scenario("S27")
def the_id_was_removed_and_the_file_moved(root: Path) -> None:
    initialise(root, first_release())
    edit(root, CLIENT, lambda text: text.partition("\n")[2])
    (root / CLIENT).rename(root / "app/net.py")
    result = update(root, release(client=client(wait=30), worker=lines(("first()", "oldest()"))))
    assert (result.code, result.kinds()) == (0, {WORKER: "update"})
    assert "kgscaffold:id=core/client" in str(result.notes(CLIENT))
    edit(root, "app/net.py", lambda text: "# kgscaffold:id=core/client\n" + text)
    assert update(root, release(client=client(wait=30))).code == 0
    assert (root / "app/net.py").read_text() == client(wait=30)


@scenario("S27")
def the_id_of_another_file_was_added(root: Path) -> None:
    """Whichever of the two lines is first."""
    initialise(root, first_release())
    edit(root, CLIENT, lambda text: f"# kgscaffold:id=core/worker\n{text}")
    (root / WORKER).unlink()
    result = update(root, release(client=client(wait=30), worker=lines(("first()", "oldest()"))))
    assert result.code == 0
    assert "it carries the id core/worker too" in str(result.notes(CLIENT))
    assert (root / CLIENT).read_text() == f"# kgscaffold:id=core/worker\n{client(wait=30)}"
    assert not (root / WORKER).exists()


def _link_outside(root: Path) -> None:
    outside = root.parent / "outside.py"
    (root / CLIENT).rename(outside)
    (root / CLIENT).symlink_to(outside)


def _link_to_nothing(root: Path) -> None:
    (root / CLIENT).unlink()
    (root / CLIENT).symlink_to("nowhere")


def _folder(root: Path) -> None:
    (root / CLIENT).unlink()
    (root / CLIENT).mkdir()


def _pipe(root: Path) -> None:
    (root / CLIENT).unlink()
    os.mkfifo(root / CLIENT)


def _blocks_nothing_else(root: Path, put: Callable[[Path], None]) -> None:
    initialise(root, first_release())
    put(root)
    outside = root.parent / "outside.py"
    new = release(client=client(wait=30), handlers=handlers("pending", "insufficient", "success"))
    for options in ([], ["--check"], []):
        result = update(root, new, *options)
        assert result.code == (4 if options else 3)
        assert CLIENT in result.reason(CLIENT)
        assert not outside.exists() or outside.read_text() == client()
    assert (root / HANDLERS).read_text() == handlers("pending", "insufficient", "success")
    assert [path.name for path in root.rglob("*.kg-new")] == []


@scenario("S27")
def a_link_in_place_of_a_file(root: Path) -> None:
    _blocks_nothing_else(root, _link_outside)
    (root / CLIENT).unlink()
    (root / CLIENT).write_text(client())
    assert update(root, release(client=client(wait=30))).code == 0
    assert (root / CLIENT).read_text() == client(wait=30)


@scenario("S27")
def a_link_to_nothing_in_place_of_a_file(root: Path) -> None:
    _blocks_nothing_else(root, _link_to_nothing)


@scenario("S27")
def a_folder_in_place_of_a_file(root: Path) -> None:
    _blocks_nothing_else(root, _folder)


@scenario("S27")
def a_pipe_in_place_of_a_file(root: Path) -> None:
    _blocks_nothing_else(root, _pipe)


@scenario("S27")
def a_link_to_where_the_user_moved_the_file(root: Path) -> None:
    initialise(root, first_release())
    (root / CLIENT).rename(root / "app/net.py")
    (root / CLIENT).symlink_to(root / "app/net.py")
    assert update(root, release(client=client(wait=30))).code == 0
    assert (root / "app/net.py").read_text() == client(wait=30)
    assert (root / CLIENT).is_symlink()


@scenario("S27")
def a_link_where_the_templates_add_a_file(root: Path) -> None:
    initialise(root, first_release())
    outside = root.parent / "outside.py"
    outside.write_text("mine = 1\n")
    (root / RETRY).symlink_to(outside)
    assert update(root, _with_retry()).code == 3
    assert (root / f"{RETRY}.kg-new").read_text() == client("retry")
    assert outside.read_text() == "mine = 1\n"
    (root / f"{RETRY}.kg-new").unlink()
    before = tree(root, state=True)
    assert update(root, _with_retry()).code == 0
    assert tree(root, state=True) == before


def _copy_in(root: Path, folder: str) -> None:
    """The user deleted a file of which there is a copy in a folder that is not theirs."""
    initialise(root, first_release())
    copy = root / folder / CLIENT
    copy.parent.mkdir(parents=True)
    (root / CLIENT).rename(copy)
    result = update(root, release(client=client(wait=30)))
    assert (result.code, result.kinds()) == (0, {})
    assert "deleted by you" in result.reason(CLIENT)
    assert copy.read_text() == client()


@scenario("S27")
def a_copy_in_a_build_folder(root: Path) -> None:
    for number, folder in enumerate(("build/lib", "dist", "vendor/shop", "target", "out")):
        _copy_in(root / str(number), folder)


@scenario("S27")
def a_copy_in_a_folder_that_git_ignores(root: Path) -> None:
    root.mkdir()
    (root / ".gitignore").write_text("/wheelhouse/\n")
    git(root, "init", "-q")
    _copy_in(root, "wheelhouse")


@scenario("S27")
def a_module_in_a_folder_of_such_a_name(root: Path) -> None:
    """What the lock has there is the project's own, and moves within it are found."""
    files = {"core/client": template("build/core/client.py", "core/client", client())}
    initialise(root, files)
    (root / "build/core/client.py").rename(root / "build/core/net.py")
    new = template("build/core/client.py", "core/client", client(wait=30))
    assert update(root, {"core/client": new}).code == 0
    assert (root / "build/core/net.py").read_text() == client(wait=30)
