"""Scenarios of one file that both sides changed."""

from __future__ import annotations

from pathlib import Path

from kgscaffold.merge.parse import has_markers
from tests.merge.shop import Shop
from tests.merge.table import scenario
from tests.merge.worlds import edit, initialise, tree, update


@scenario("S1")
def a_near_identical_block_above_the_edit(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    edit(root, shop.HANDLERS, shop.ship_on_success)
    new = shop.handlers("pending", "insufficient", "success")
    assert update(root, shop.release(handlers=new)).code == 0
    assert (root / shop.HANDLERS).read_text() == shop.ship_on_success(new)


@scenario("S1")
def near_identical_functions_reordered_around_the_edit(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    edit(root, shop.HANDLERS, shop.ship_on_success)
    assert update(root, shop.release(handlers=shop.handlers("success", "pending"))).code == 3
    text = (root / shop.HANDLERS).read_text()
    assert has_markers(text.encode())
    assert text.count("ship_goods") == 1


@scenario("S1")
def a_near_identical_statement_above_the_edit_in_one_function(root: Path, shop: Shop) -> None:
    twice = shop.lines(("    return sixth", "    sixth.save()\n    third.save()\n    return sixth"))
    thrice = twice.replace("    sixth.save()\n", "    third.save()\n    sixth.save()\n")
    initialise(root, shop.release(worker=twice))
    edit(
        root,
        shop.WORKER,
        lambda text: text.replace("third.save()\n", "third.save()\n    audit()\n"),
    )
    code = update(root, shop.release(worker=thrice)).code
    text = (root / shop.WORKER).read_text()
    assert code == 3 or "third.save()\n    audit()\n    return" in text


@scenario("S2")
def disjoint_edits(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    mine = ("first = queue.first()", "first = queue.oldest()")
    theirs = ("return sixth", "return sixth.last()")
    edit(root, shop.WORKER, lambda text: text.replace(*mine))
    assert update(root, shop.release(worker=shop.lines(theirs))).code == 0
    assert (root / shop.WORKER).read_text() == shop.lines(mine, theirs)


@scenario("S3")
def the_same_line(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    edit(root, shop.WORKER, lambda text: text.replace("third = second", "third = my_own(second)"))
    result = update(
        root, shop.release(worker=shop.lines(("third = second", "third = the_new(second)")))
    )
    assert (result.code, result.kinds()) == (3, {shop.WORKER: "conflict"})
    text = (root / shop.WORKER).read_text()
    assert text.index("my_own") < text.index("|||||||") < text.index("the_new")
    written = tree(root, state=True)
    assert update(root, shop.first_release()).code == 5
    assert tree(root, state=True) == written


@scenario("S9")
def a_windows_working_copy(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    edit(root, shop.WORKER, lambda text: text.replace("\n", "\r\n").replace("first()", "oldest()"))
    theirs = ("return sixth", "return sixth.last()")
    assert update(root, shop.release(worker=shop.lines(theirs))).code == 0
    expected = shop.lines(("first()", "oldest()"), theirs).replace("\n", "\r\n")
    assert (root / shop.WORKER).read_bytes() == expected.encode()


@scenario("S10")
def the_user_made_the_same_change(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    edit(root, shop.CLIENT, lambda text: text.replace("timeout=10", "timeout=30"))
    before = tree(root)
    result = update(root, shop.release(client=shop.client(wait=30)))
    assert (result.code, tree(root)) == (0, before)


@scenario("S10")
def the_user_made_the_same_change_and_another(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    both = ("third = second", "third = mended(second)")
    edit(root, shop.WORKER, lambda text: text.replace(*both).replace("first()", "oldest()"))
    assert update(root, shop.release(worker=shop.lines(both))).code == 0
    assert (root / shop.WORKER).read_text() == shop.lines(both, ("first()", "oldest()"))


@scenario("S11")
def edits_of_adjacent_lines(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    edit(root, shop.WORKER, lambda text: text.replace("third = second", "third = my_own(second)"))
    result = update(
        root, shop.release(worker=shop.lines(("fourth = third", "fourth = new(third)")))
    )
    assert (result.code, result.kinds()) == (3, {shop.WORKER: "conflict"})


@scenario("S12")
def the_user_reformatted_without_a_formatter(root: Path, shop: Shop) -> None:
    initialise(root, shop.first_release())
    edit(root, shop.WORKER, lambda text: text.replace("    ", "\t"))
    mine = (root / shop.WORKER).read_text()
    result = update(root, shop.release(worker=shop.lines(("return sixth", "return sixth.last()"))))
    assert result.code == 3
    text = (root / shop.WORKER).read_text()
    assert all(line in text.split("\n") for line in mine.split("\n"))
    assert "return sixth.last()" in text


@scenario("S13")
def a_binary_file(root: Path, shop: Shop) -> None:
    _is_put_beside(root, shop, b"\x00\x01 mine\n")


@scenario("S13")
def a_file_that_is_not_utf_8(root: Path, shop: Shop) -> None:
    _is_put_beside(root, shop, shop.lines().encode() + shop.comment("caf\u00e9").encode("latin-1"))


def _is_put_beside(root: Path, shop: Shop, content: bytes) -> None:
    initialise(root, shop.first_release())
    (root / shop.WORKER).write_bytes(content)
    before = tree(root)
    new = shop.lines(("return sixth", "return sixth.last()"))
    assert update(root, shop.release(worker=new)).code == 3
    assert tree(root) == {**before, f"{shop.WORKER}.kg-new": new.encode()}


@scenario("S16")
def the_user_formatted_and_edited(root: Path, shop: Shop) -> None:
    ugly, clean = shop.UGLY, shop.CLEAN
    initialise(root, shop.release(worker=ugly))
    shop.install_formatter(root)
    mine = clean.replace("queue.first()", "queue.oldest()")
    (root / shop.WORKER).write_text(mine)
    assert mine != clean
    theirs = ugly.replace("return  third", "return  third.last( )")
    result = update(root, shop.release(worker=theirs))
    assert (result.code, result.kinds()) == (0, {shop.WORKER: "merge"})
    assert (root / shop.WORKER).read_text() == mine.replace("return third", "return third.last()")
