"""Scenarios of files that come, go and move."""

from __future__ import annotations

from pathlib import Path

from tests.merge.rivals import git
from tests.merge.shop import (
    CLIENT,
    client,
    first_release,
    release,
    without,
)
from tests.merge.table import scenario
from tests.merge.worlds import edit, initialise, template, tree, update


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
