"""Scenarios of one file that both sides changed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from kgscaffold.merge.parse import has_markers
from tests.merge.shop import (
    CLIENT,
    HANDLERS,
    WORKER,
    client,
    first_release,
    handlers,
    lines,
    release,
    ship_on_success,
)
from tests.merge.table import scenario
from tests.merge.worlds import edit, initialise, tree, update


@scenario("S1")
def a_near_identical_block_above_the_edit(root: Path) -> None:
    initialise(root, first_release())
    edit(root, HANDLERS, ship_on_success)
    new = handlers("pending", "insufficient", "success")
    assert update(root, release(handlers=new)).code == 0
    assert (root / HANDLERS).read_text() == ship_on_success(new)


@scenario("S1")
def near_identical_functions_reordered_around_the_edit(root: Path) -> None:
    initialise(root, first_release())
    edit(root, HANDLERS, ship_on_success)
    assert update(root, release(handlers=handlers("success", "pending"))).code == 3
    text = (root / HANDLERS).read_text()
    assert has_markers(text.encode())
    assert text.count("ship_goods") == 1


@scenario("S1")
def a_near_identical_statement_above_the_edit_in_one_function(root: Path) -> None:
    twice = lines(("    return sixth", "    sixth.save()\n    third.save()\n    return sixth"))
    thrice = twice.replace("    sixth.save()\n", "    third.save()\n    sixth.save()\n")
    initialise(root, release(worker=twice))
    edit(root, WORKER, lambda text: text.replace("third.save()\n", "third.save()\n    audit()\n"))
    code = update(root, release(worker=thrice)).code
    text = (root / WORKER).read_text()
    assert code == 3 or "third.save()\n    audit()\n    return" in text


@scenario("S2")
def disjoint_edits(root: Path) -> None:
    initialise(root, first_release())
    mine = ("first = queue.first()", "first = queue.oldest()")
    theirs = ("return sixth", "return sixth.last()")
    edit(root, WORKER, lambda text: text.replace(*mine))
    assert update(root, release(worker=lines(theirs))).code == 0
    assert (root / WORKER).read_text() == lines(mine, theirs)


@scenario("S3")
def the_same_line(root: Path) -> None:
    initialise(root, first_release())
    edit(root, WORKER, lambda text: text.replace("third = second", "third = my_own(second)"))
    result = update(root, release(worker=lines(("third = second", "third = the_new(second)"))))
    assert (result.code, result.kinds()) == (3, {WORKER: "conflict"})
    text = (root / WORKER).read_text()
    assert text.index("my_own") < text.index("|||||||") < text.index("the_new")
    written = tree(root, state=True)
    assert update(root, first_release()).code == 5
    assert tree(root, state=True) == written


@scenario("S9")
def a_windows_working_copy(root: Path) -> None:
    initialise(root, first_release())
    edit(root, WORKER, lambda text: text.replace("\n", "\r\n").replace("first()", "oldest()"))
    theirs = ("return sixth", "return sixth.last()")
    assert update(root, release(worker=lines(theirs))).code == 0
    expected = lines(("first()", "oldest()"), theirs).replace("\n", "\r\n")
    assert (root / WORKER).read_bytes() == expected.encode()


@scenario("S10")
def the_user_made_the_same_change(root: Path) -> None:
    initialise(root, first_release())
    edit(root, CLIENT, lambda text: text.replace("timeout=10", "timeout=30"))
    before = tree(root)
    result = update(root, release(client=client(wait=30)))
    assert (result.code, tree(root)) == (0, before)


@scenario("S10")
def the_user_made_the_same_change_and_another(root: Path) -> None:
    initialise(root, first_release())
    both = ("third = second", "third = mended(second)")
    edit(root, WORKER, lambda text: text.replace(*both).replace("first()", "oldest()"))
    assert update(root, release(worker=lines(both))).code == 0
    assert (root / WORKER).read_text() == lines(both, ("first()", "oldest()"))


@scenario("S11")
def edits_of_adjacent_lines(root: Path) -> None:
    initialise(root, first_release())
    edit(root, WORKER, lambda text: text.replace("third = second", "third = my_own(second)"))
    result = update(root, release(worker=lines(("fourth = third", "fourth = new(third)"))))
    assert (result.code, result.kinds()) == (3, {WORKER: "conflict"})


@scenario("S12")
def the_user_reformatted_without_a_formatter(root: Path) -> None:
    initialise(root, first_release())
    edit(root, WORKER, lambda text: text.replace("    ", "\t"))
    mine = (root / WORKER).read_text()
    result = update(root, release(worker=lines(("return sixth", "return sixth.last()"))))
    assert result.code == 3
    text = (root / WORKER).read_text()
    assert all(line in text.split("\n") for line in mine.split("\n"))
    assert "return sixth.last()" in text


@scenario("S13")
def a_binary_file(root: Path) -> None:
    _is_put_beside(root, b"\x00\x01 mine\n")


@scenario("S13")
def a_file_that_is_not_utf_8(root: Path) -> None:
    _is_put_beside(root, lines().encode() + "# caf\u00e9\n".encode("latin-1"))


def _is_put_beside(root: Path, content: bytes) -> None:
    initialise(root, first_release())
    (root / WORKER).write_bytes(content)
    before = tree(root)
    new = lines(("return sixth", "return sixth.last()"))
    assert update(root, release(worker=new)).code == 3
    assert tree(root) == {**before, f"{WORKER}.kg-new": new.encode()}


UGLY = """# kgscaffold:id=core/worker
def work( queue ):
    first = queue.first( )
    values = { 'a':1,
               'b':2 }
    third = first.next( )
    return  third , values
"""


@scenario("S16")
def the_user_formatted_and_edited(root: Path) -> None:
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    initialise(root, release(worker=UGLY))
    (root / "ruff.toml").write_text("line-length = 80\n")
    mine = """# kgscaffold:id=core/worker
def work(queue):
    first = queue.oldest()
    values = {"a": 1, "b": 2}
    third = first.next()
    return third, values
"""
    (root / WORKER).write_text(mine)
    result = update(
        root, release(worker=UGLY.replace("return  third ,", "return  third.last( ) ,"))
    )
    assert (result.code, result.kinds()) == (0, {WORKER: "merge"})
    assert (root / WORKER).read_text() == mine.replace("return third,", "return third.last(),")
