"""Scenarios of files that come, go and move."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.merge.rivals import git
from tests.merge.shop import Shop, without
from tests.merge.table import scenario
from tests.merge.worlds import Templates, edit, initialise, template, tree, update


@scenario("S4")
def the_templates_drop_an_edited_file(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    edit(root, shop.CLIENT, lambda text: text + "\n\nmine = 1\n")
    before = tree(root)
    result = update(root, without(shop.first_release(), "core/client"))
    assert (result.code, tree(root)) == (0, before)
    assert "dropped" in result.reason(shop.CLIENT)


@scenario("S4")
def the_templates_drop_an_unedited_file(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    result = update(root, without(shop.first_release(), "core/client"))
    assert (result.code, result.kinds()) == (0, {shop.CLIENT: "remove"})
    assert not (root / shop.CLIENT).exists()


@scenario("S5")
def the_templates_rename_an_edited_file(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    edit(root, shop.CLIENT, lambda text: text + "\n\nmine = 1\n")
    moved = template(shop.path("app/core/api"), "core/client", shop.client(wait=30))
    assert update(root, {**shop.first_release(), "core/client": moved}).code == 0
    assert not (root / shop.CLIENT).exists()
    assert (root / shop.path("app/core/api")).read_text() == shop.client(wait=30) + "\n\nmine = 1\n"


@scenario("S6")
def the_user_renamed_a_file_that_the_templates_mend(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    (root / "app/net").mkdir()
    (root / shop.CLIENT).rename(root / shop.path("app/net/http"))
    edit(root, shop.path("app/net/http"), lambda text: text + "\n\nmine = 1\n")
    assert update(root, shop.release(client=shop.client(wait=30))).code == 0
    assert not (root / shop.CLIENT).exists()
    assert (root / shop.path("app/net/http")).read_text() == shop.client(wait=30) + "\n\nmine = 1\n"


@scenario("S7")
def the_user_deleted_a_file_that_the_templates_mend(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    (root / shop.CLIENT).unlink()
    before = tree(root)
    result = update(root, shop.release(client=shop.client(wait=30)))
    assert (result.code, tree(root)) == (0, before)
    assert "deleted by you" in result.reason(shop.CLIENT)


def _both_add(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    (root / shop.RETRY).write_text("mine = 1\n")
    before = tree(root)
    new = template(shop.RETRY, "core/retry", shop.client("retry"))
    result = update(root, {**shop.first_release(), "core/retry": new})
    assert result.code == 3
    assert tree(root) == {**before, f"{shop.RETRY}.kg-new": shop.client("retry").encode()}


@scenario("S8")
def both_add_the_same_path(root: Path, shop: Shop) -> None:
    _both_add(root, shop)


@scenario("S8")
def both_add_the_same_path_and_git_ignores_it(root: Path, shop: Shop) -> None:
    root.mkdir()
    (root / ".gitignore").write_text(f"{shop.path('retry')}\n")
    git(root, "init", "-q")
    _both_add(root, shop)


@scenario("S14")
def a_file_replaced_by_a_similar_one(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    edit(
        root, shop.CLIENT, lambda text: text.replace("    check_env", "    my_own()\n    check_env")
    )
    before = tree(root)
    similar = template(shop.path("app/core/wallet"), "core/wallet", shop.client("wallet"))
    files = {**without(shop.first_release(), "core/client"), "core/wallet": similar}
    assert update(root, files).code == 0
    assert tree(root) == {**before, shop.path("app/core/wallet"): shop.client("wallet").encode()}


@scenario("S14")
def a_file_replaced_by_a_similar_one_at_its_path(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    edit(
        root, shop.CLIENT, lambda text: text.replace("    check_env", "    my_own()\n    check_env")
    )
    before = tree(root)
    similar = template(shop.CLIENT, "core/wallet", shop.client("wallet"))
    files = {**without(shop.first_release(), "core/client"), "core/wallet": similar}
    assert update(root, files).code == 3
    assert tree(root) == {**before, f"{shop.CLIENT}.kg-new": shop.client("wallet").encode()}


@scenario("S15")
def the_user_replaced_a_file_by_a_similar_one(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    similar = (root / shop.CLIENT).read_text().partition("\n")[2] + "\n\nmine = 1\n"
    (root / shop.CLIENT).unlink()
    (root / shop.path("app/core/mine")).write_text(similar)
    before = tree(root)
    assert update(root, shop.release(client=shop.client(wait=30))).code == 0
    assert tree(root) == before


def _with_retry(shop: Shop, wait: int = 10) -> Templates:
    """Give templates with a file more than the first release."""
    retry = template(shop.RETRY, "core/retry", shop.client("retry", wait))
    return {**shop.first_release(), "core/retry": retry}


def _settled_until_the_template_changes(root: Path, shop: Shop) -> None:
    """The user has a file where the templates add one, and deletes the sidecar."""
    mine = (root / shop.RETRY).read_bytes()
    assert update(root, _with_retry(shop)).code == 3
    assert update(root, _with_retry(shop), "--check").code == 4
    (root / f"{shop.RETRY}.kg-new").unlink()
    before = tree(root, state=True)
    for options in ([], ["--check"], []):
        assert update(root, _with_retry(shop), *options).code == 0
        assert tree(root, state=True) == before
    assert update(root, _with_retry(shop, wait=30)).code == 3
    assert (root / f"{shop.RETRY}.kg-new").read_text() == shop.client("retry", 30)
    assert (root / shop.RETRY).read_bytes() == mine


@scenario("S25")
def the_user_deleted_the_sidecar_of_a_new_file(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    (root / shop.RETRY).write_text("mine = 1\n")
    _settled_until_the_template_changes(root, shop)


@scenario("S25")
def the_user_deleted_the_sidecar_where_another_managed_file_was_moved(
    root: Path, shop: Shop
) -> None:
    initialise(root, shop.first_release())
    (root / shop.CLIENT).rename(root / shop.RETRY)
    _settled_until_the_template_changes(root, shop)


@scenario("S25")
def the_user_deleted_the_sidecar_of_a_file_that_was_replaced(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    edit(root, shop.CLIENT, lambda text: text + "\n\nmine = 1\n")
    wallet = template(shop.CLIENT, "core/wallet", shop.client("wallet"))
    files = {**without(shop.first_release(), "core/client"), "core/wallet": wallet}
    assert update(root, files).code == 3
    (root / f"{shop.CLIENT}.kg-new").unlink()
    before = tree(root, state=True)
    assert update(root, files).code == 0
    assert tree(root, state=True) == before


@scenario("S25")
def the_user_adopted_a_sidecar_beside_another_managed_file(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    (root / shop.CLIENT).rename(root / shop.RETRY)
    assert update(root, _with_retry(shop)).code == 3
    (root / f"{shop.RETRY}.kg-new").rename(root / shop.path("app/again"))
    assert update(root, _with_retry(shop, wait=30)).code == 0
    assert (root / shop.path("app/again")).read_text() == shop.client("retry", 30)
    assert (root / shop.RETRY).read_text() == shop.client()


@scenario("S25")
def the_user_deleted_the_sidecar_of_a_managed_file(root: Path, shop: Shop) -> None:
    """The word of the user counts there too: what it held is dealt with, merged or not."""
    initialise(root, shop.first_release())
    (root / shop.CLIENT).write_bytes(
        (root / shop.CLIENT).read_bytes() + shop.comment("caf\xe9").encode("latin-1")
    )
    assert update(root, shop.release(client=shop.client(wait=30))).code == 3
    (root / f"{shop.CLIENT}.kg-new").unlink()
    before = tree(root, state=True)
    assert update(root, shop.release(client=shop.client(wait=30))).code == 0
    assert tree(root, state=True) == before
    assert update(root, shop.release(client=shop.client(wait=60))).code == 3


def _copied(root: Path, shop: Shop, source: str, target: str) -> None:
    initialise(root, shop.first_release())
    shutil.copy(root / source, root / target)


@scenario("S26")
def a_file_copied_over_another_with_its_id(root: Path, shop: Shop) -> None:
    _copied(root, shop, shop.WORKER, shop.CLIENT)
    theirs = ("return sixth", "return sixth.last()")
    new = shop.release(worker=shop.lines(theirs), client=shop.client(wait=30))
    for options in ([], ["--check"], []):
        result = update(root, new, *options)
        assert result.code == (4 if options else 3)
        assert "core/worker" in result.reason(shop.CLIENT)
        assert shop.WORKER in result.reason(shop.CLIENT)
        assert "deleted" not in result.reason(shop.CLIENT)
        assert (root / shop.CLIENT).read_text() == shop.lines()
    assert (root / shop.WORKER).read_text() == shop.lines(theirs)


@scenario("S26")
def a_copied_file_whose_id_was_mended_gets_its_fixes_again(root: Path, shop: Shop) -> None:
    _copied(root, shop, shop.WORKER, shop.CLIENT)
    assert update(root, shop.release(client=shop.client(wait=30))).code == 3
    (root / shop.CLIENT).write_text(shop.client() + "\n\nmine = 1\n")
    assert update(root, shop.release(client=shop.client(wait=30))).code == 0
    assert (root / shop.CLIENT).read_text() == shop.client(wait=30) + "\n\nmine = 1\n"


@scenario("S26")
def a_file_moved_over_another(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    (root / shop.WORKER).rename(root / shop.CLIENT)
    result = update(root, shop.release(client=shop.client(wait=30)))
    assert (result.code, (root / shop.CLIENT).read_text()) == (0, shop.lines())
    reasons = [str(item["reason"]) for item in result.actions if item["id"] == "core/client"]
    assert "core/worker is there now, moved by you" in reasons[0]


@scenario("S26")
def a_copy_of_a_file_beside_it(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    shutil.copy(root / shop.CLIENT, root / shop.path("app/core/other"))
    result = update(root, shop.release(client=shop.client(wait=30)))
    assert (result.code, (root / shop.CLIENT).read_text()) == (0, shop.client(wait=30))
    assert (root / shop.path("app/core/other")).read_text() == shop.client()
    assert f"{shop.path('app/core/other')} carries its id too" in str(result.notes(shop.CLIENT))


@scenario("S27")
def the_id_was_removed_by_hand(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    edit(root, shop.CLIENT, lambda text: text.partition("\n")[2])
    result = update(root, shop.release(client=shop.client(wait=30)))
    assert (result.code, (root / shop.CLIENT).read_text()) == (
        0,
        shop.client(wait=30).partition("\n")[2],
    )
    assert "kgscaffold:id=core/client is gone: put it back" in str(result.notes(shop.CLIENT))


@scenario("S27")
def the_id_was_removed_and_the_file_moved(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    edit(root, shop.CLIENT, lambda text: text.partition("\n")[2])
    (root / shop.CLIENT).rename(root / shop.path("app/net"))
    result = update(
        root, shop.release(client=shop.client(wait=30), worker=shop.lines(("first()", "oldest()")))
    )
    assert (result.code, result.kinds()) == (0, {shop.WORKER: "update"})
    assert "kgscaffold:id=core/client" in str(result.notes(shop.CLIENT))
    edit(root, shop.path("app/net"), lambda text: shop.header("core/client") + text)
    assert update(root, shop.release(client=shop.client(wait=30))).code == 0
    assert (root / shop.path("app/net")).read_text() == shop.client(wait=30)


@scenario("S27")
def the_id_of_another_file_was_added(root: Path, shop: Shop) -> None:
    """Whichever of the two lines is first."""
    initialise(root, shop.first_release())
    edit(root, shop.CLIENT, lambda text: f"{shop.header('core/worker')}{text}")
    (root / shop.WORKER).unlink()
    result = update(
        root, shop.release(client=shop.client(wait=30), worker=shop.lines(("first()", "oldest()")))
    )
    assert result.code == 0
    assert "it carries the id core/worker too" in str(result.notes(shop.CLIENT))
    assert (root / shop.CLIENT).read_text() == shop.header("core/worker") + shop.client(wait=30)
    assert not (root / shop.WORKER).exists()


def _link_outside(root: Path, shop: Shop) -> None:
    outside = root.parent / shop.path("outside")
    (root / shop.CLIENT).rename(outside)
    (root / shop.CLIENT).symlink_to(outside)


def _link_to_nothing(root: Path, shop: Shop) -> None:
    (root / shop.CLIENT).unlink()
    (root / shop.CLIENT).symlink_to("nowhere")


def _folder(root: Path, shop: Shop) -> None:
    (root / shop.CLIENT).unlink()
    (root / shop.CLIENT).mkdir()


def _pipe(root: Path, shop: Shop) -> None:
    (root / shop.CLIENT).unlink()
    os.mkfifo(root / shop.CLIENT)


def _blocks_nothing_else(root: Path, shop: Shop, put: Callable[[Path, Shop], None]) -> None:
    initialise(root, shop.first_release())
    put(root, shop)
    outside = root.parent / shop.path("outside")
    new = shop.release(
        client=shop.client(wait=30), handlers=shop.handlers("pending", "insufficient", "success")
    )
    for options in ([], ["--check"], []):
        result = update(root, new, *options)
        assert result.code == (4 if options else 3)
        assert shop.CLIENT in result.reason(shop.CLIENT)
        assert not outside.exists() or outside.read_text() == shop.client()
    assert (root / shop.HANDLERS).read_text() == shop.handlers("pending", "insufficient", "success")
    assert [path.name for path in root.rglob("*.kg-new")] == []


@scenario("S27")
def a_link_in_place_of_a_file(root: Path, shop: Shop) -> None:
    _blocks_nothing_else(root, shop, _link_outside)
    (root / shop.CLIENT).unlink()
    (root / shop.CLIENT).write_text(shop.client())
    assert update(root, shop.release(client=shop.client(wait=30))).code == 0
    assert (root / shop.CLIENT).read_text() == shop.client(wait=30)


@scenario("S27")
def a_link_to_nothing_in_place_of_a_file(root: Path, shop: Shop) -> None:
    _blocks_nothing_else(root, shop, _link_to_nothing)


@scenario("S27")
def a_folder_in_place_of_a_file(root: Path, shop: Shop) -> None:
    _blocks_nothing_else(root, shop, _folder)


@scenario("S27")
def a_pipe_in_place_of_a_file(root: Path, shop: Shop) -> None:
    _blocks_nothing_else(root, shop, _pipe)


@scenario("S27")
def a_link_to_where_the_user_moved_the_file(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    (root / shop.CLIENT).rename(root / shop.path("app/net"))
    (root / shop.CLIENT).symlink_to(root / shop.path("app/net"))
    assert update(root, shop.release(client=shop.client(wait=30))).code == 0
    assert (root / shop.path("app/net")).read_text() == shop.client(wait=30)
    assert (root / shop.CLIENT).is_symlink()


@scenario("S27")
def a_link_where_the_templates_add_a_file(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    outside = root.parent / shop.path("outside")
    outside.write_text("mine = 1\n")
    (root / shop.RETRY).symlink_to(outside)
    assert update(root, _with_retry(shop)).code == 3
    assert (root / f"{shop.RETRY}.kg-new").read_text() == shop.client("retry")
    assert outside.read_text() == "mine = 1\n"
    (root / f"{shop.RETRY}.kg-new").unlink()
    before = tree(root, state=True)
    assert update(root, _with_retry(shop)).code == 0
    assert tree(root, state=True) == before


def _copy_in(root: Path, shop: Shop, folder: str) -> None:
    """The user deleted a file of which there is a copy in a folder that is not theirs."""
    initialise(root, shop.first_release())
    copy = root / folder / shop.CLIENT
    copy.parent.mkdir(parents=True)
    (root / shop.CLIENT).rename(copy)
    result = update(root, shop.release(client=shop.client(wait=30)))
    assert (result.code, result.kinds()) == (0, {})
    assert "deleted by you" in result.reason(shop.CLIENT)
    assert copy.read_text() == shop.client()


@scenario("S27")
def a_copy_in_a_build_folder(root: Path, shop: Shop) -> None:
    for number, folder in enumerate(("build/lib", "dist", "vendor/shop", "target", "out")):
        _copy_in(root / str(number), shop, folder)


@scenario("S27")
def a_copy_in_a_folder_that_git_ignores(root: Path, shop: Shop) -> None:
    root.mkdir()
    (root / ".gitignore").write_text("/wheelhouse/\n")
    git(root, "init", "-q")
    _copy_in(root, shop, "wheelhouse")


@scenario("S27")
def a_module_in_a_folder_of_such_a_name(root: Path, shop: Shop) -> None:
    """What the lock has there is the project's own, and moves within it are found."""
    files = {"core/client": template(shop.path("build/core/client"), "core/client", shop.client())}
    initialise(root, files)
    (root / shop.path("build/core/client")).rename(root / shop.path("build/core/net"))
    new = template(shop.path("build/core/client"), "core/client", shop.client(wait=30))
    assert update(root, {"core/client": new}).code == 0
    assert (root / shop.path("build/core/net")).read_text() == shop.client(wait=30)
