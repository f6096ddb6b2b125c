"""What counts as one name in a merge of lines, and what is an ordinary merge that stays clean."""

from __future__ import annotations

import pytest

from kgscaffold.merge import Merge, merge_text

BASE = """import os

LIMIT = 1


def first(order):
    order.lock()
    if order.open:
        order.close()
    return order


class Amount:
    def load(self):
        return self.value

    def store(self, value):
        self.value = value


def last(order):
    order.check()
    order.save()
    return order
"""


def merged(base: str, ours: str, theirs: str, path: str = "a.py") -> Merge:
    assert base not in (ours, theirs)
    result = merge_text(base.encode(), ours.encode(), theirs.encode(), path=path)
    assert isinstance(result, Merge)
    return result


def both(mine: str, theirs: str) -> Merge:
    """Have the user put lines above the first function, and the templates theirs at the end."""
    return merged(BASE, BASE.replace("def first(", f"{mine}\n\n\ndef first("), BASE + theirs)


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("import json", "\n\nimport json\n"),
        ("from a import *", "\n\nfrom b import *\n"),
        ("from json import loads", "\n\nfrom json import dumps\n"),
        (
            "@pytest.mark.parametrize('a', [1])\ndef test_a(): pass",
            "\n\n@pytest.mark.parametrize('a', [2])\ndef test_b(): pass\n",
        ),
        (
            "@app.route('/a', methods=['GET'])\ndef a(): pass",
            "\n\n@app.route('/a', methods=['PUT'])\ndef b(): pass\n",
        ),
        ("@app.get('/a')\ndef a(): pass", "\n\n@app.post('/a')\ndef b(): pass\n"),
        (
            "@app.route('/a', methods=['PUT', 'post'])\ndef a(): pass",
            "\n\n@app.get('/a')\ndef b(): pass\n",
        ),
        ("@app.get('/a')\ndef a(): pass", "\n\n@other.get('/a')\ndef b(): pass\n"),
        ("@app.get('/a')\ndef a(): pass", "\n\n@app.websocket('/a')\ndef b(): pass\n"),
        ("app.state.a = 1", "\n\napp.state.b = 1\n"),
        ("LIMITS['a'] = 1", "\n\nLIMITS['b'] = 1\n"),
        ("class A:\n    def load(self): pass", "\n\nclass B:\n    def load(self): pass\n"),
        ("def a():\n    x = 1", "\n\ndef b():\n    x = 2\n"),
        ('"""A remark."""', '\n\n"""A remark."""\n'),
    ],
)
def test_what_both_add_is_clean_where_it_is_not_one_name(mine: str, theirs: str) -> None:
    assert both(mine, theirs).conflicts == 0


@pytest.mark.parametrize(
    ("mine", "theirs", "name"),
    [
        ("import json", "\n\nimport ujson as json\n", "json"),
        ("def json(): pass", "\n\nfrom x import json\n", "json"),
        ("class A: pass", "\n\ndef A(): pass\n", "A"),
        ("if a:\n    def b(): pass", "\n\ndef b(): pass\n", "b"),
        ("A: int = 1", "\n\nA, B = 1, 2\n", "A"),
        ("@app.get('/a/{b}')\ndef a(): pass", "\n\n@app.get('/a/{c}')\ndef b(): pass\n", "/a/{b}"),
        (
            "@app.api_route('/a', methods=['GET'])\ndef a(): pass",
            "\n\n@app.get('/a')\ndef b(): pass\n",
            "/a",
        ),
        (
            "@app.put('/a')\ndef a(): pass",
            "\n\n@app.route('/a', methods=('get', 'put'))\ndef b(): pass\n",
            "/a",
        ),
        ("@app.get('/a')\ndef a(): pass", "\n\n@app.route('/a')\ndef b(): pass\n", "/a"),
        (
            "@app.route('/a', methods=ALL)\ndef a(): pass",
            "\n\n@app.route('/a', methods=ALL)\ndef b(): pass\n",
            "/a",
        ),
        ("app.state.kg = 5", "\n\napp.state.kg = 1\n", "app.state.kg"),
        ("LIMITS['a'] = 5", "\n\nLIMITS['a']: int = 1\n", "LIMITS['a']"),
        ("@app.get(path='/a')\ndef a(): pass", "\n\n@app.get('/a')\ndef b(): pass\n", "/a"),
    ],
)
def test_one_name_that_both_add_is_a_conflict(mine: str, theirs: str, name: str) -> None:
    result = both(mine, theirs)
    assert (result.conflicts, len(result.notes)) == (1, 1)
    assert name in result.notes[0]


def test_a_statement_that_both_add_in_one_function_is_a_conflict() -> None:
    ours = BASE.replace("    order.check()\n", "    order.ship()\n    order.check()\n")
    theirs = BASE.replace("    order.save()\n", "    order.save()\n    order.ship()\n")
    assert merged(BASE, ours, theirs).conflicts == 1


def test_returns_and_tries_that_both_add_are_clean() -> None:
    ours = BASE.replace("    order.lock()\n", "    if a():\n        return\n    order.lock()\n")
    theirs = BASE.replace(
        "    return order\n\n\nclass", "    if b():\n        return\n    return order\n\n\nclass"
    )
    assert merged(BASE, ours, theirs).conflicts == 0


def test_what_both_delete_stays_deleted() -> None:
    method = "    def store(self, value):\n        self.value = value\n"
    gone = BASE.replace(f"\n{method}", "")
    ours, theirs = gone.replace("LIMIT = 1", "LIMIT = 2"), gone.replace("save()", "keep()")
    result = merged(BASE, ours, theirs)
    assert (result.conflicts, b"store" in result.content) == (0, False)


def test_a_method_that_goes_is_not_one_that_the_user_adds_elsewhere() -> None:
    ours = BASE + "\n\nclass Mine:\n    def load(self):\n        return 1\n"
    theirs = BASE.replace("    def load(self):\n        return self.value\n\n", "")
    assert merged(BASE, ours, theirs).conflicts == 0


def test_a_statement_taken_into_another_function_still_stands() -> None:
    """S28: the user moved it, in a sense; the templates delete it."""
    theirs = BASE.replace("    order.check()\n", "")
    moved = f"{theirs}\n\ndef mine(order):\n    order.check()\n"
    result = merged(BASE, moved, theirs)
    assert result.conflicts == 1
    assert "`order.check()`" in result.notes[0]


PAGE = "# Shop\n\n## Start\n\nOne.\n\n## Tests\n\nTwo.\n\n## More\n\nThree.\n"


def test_a_chapter_that_the_user_deleted_does_not_come_back() -> None:
    chapter = "## Tests\n\nTwo.\n\n"
    ours = PAGE.replace(chapter, "")
    theirs = ours.replace("## Start", f"{chapter}## Start")
    assert merged(PAGE, ours, theirs, "README.md").conflicts == 1


def test_only_the_pieces_concerned_are_in_the_conflict() -> None:
    mine = BASE.replace("LIMIT = 1", "LIMIT = 2").replace(
        "class Amount", "def new(): pass\n\n\nclass Amount"
    )
    theirs = BASE.replace("def last", "def new(): return 1\n\n\ndef last").replace(
        "order.save()", "order.keep()"
    )
    text = merged(BASE, mine, theirs).content.decode()
    before, _, rest = text.partition("<<<<<<< ")
    assert "LIMIT = 2" in before
    assert "order.keep()" in rest.partition(">>>>>>> ")[2]


def test_settings_that_go_over_lines_are_dropped_whole() -> None:
    base = "[a]\none = 1\ntwo = 2\n[b]\nthree = 3\n"
    ours = base.replace("one", "key =\n    mine\none")
    theirs = base.replace("[b]", "; Why.\nkey =\n    theirs\n    more\nfour = 4\n[b]")
    result = merged(base, ours, theirs, "a.ini")
    assert result.content.decode() == ours.replace("[b]", "four = 4\n[b]")
    assert result.left == ("key: yours is kept; kgscaffold has key =",)


def test_a_section_that_both_add_is_the_users() -> None:
    base = "[a]\none = 1\ntwo = 2\n"
    ours, theirs = f"[mine]\nkey = 1\n{base}", f"{base}\n[mine]\nkey = 2\n"
    result = merged(base, ours, theirs, "a.ini")
    assert (result.conflicts, result.left) == (0, ("key: yours is kept; kgscaffold has key = 2",))
    assert result.content.decode().count("[mine]") == 1
    assert merged(base, ours, f"{theirs}more = 1\n", "a.ini").conflicts == 1


def test_of_two_that_the_user_has_of_one_name_it_is_not_known_which_the_templates_change() -> None:
    method = "    def load(self):\n        return self.value\n"
    twice = BASE.replace(method, f"{method.replace('value', 'mine')}\n{method}")
    theirs = BASE.replace("return self.value", "return self.value or 0")
    result = merged(BASE, twice, theirs)
    assert result.conflicts == 1
    elsewhere = BASE.replace("order.save()", "order.keep()")
    assert merged(BASE, twice, elsewhere).conflicts == 0


CALLS = """engine = create_engine(
    url,
    connect_args=arguments,
    echo_pool=False,
    hide_parameters=True,
)
BY_STATUS = {
    "pending": pending,
    "success": success,
    "expired": expired,
    "refunded": refunded,
}
payments = sa.Table(
    "payments",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("order", sa.Integer, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
)
"""
LINES = {
    "keyword": ("    connect_args", "echo=True", "    hide_parameters=True,\n", "echo=False"),
    "key": ('    "pending"', '"extra": pending', '    "refunded": refunded,\n', '"extra": None'),
    "column": (
        '    sa.Column("id"',
        'sa.Column("note", sa.Text)',
        '    sa.Column("status", sa.Text, nullable=False),\n',
        'sa.Column("note", sa.String(9))',
    ),
}


@pytest.mark.parametrize("what", LINES)
def test_one_part_that_both_add_to_a_call_or_a_literal_is_a_conflict(what: str) -> None:
    above, mine, below, new = LINES[what]
    ours = CALLS.replace(above, f"    {mine},\n{above}")
    theirs = CALLS.replace(below, f"{below}    {new},\n")
    result = merged(CALLS, ours, theirs)
    assert (result.conflicts, len(result.notes)) == (1, 1)
    assert "twice" in result.notes[0]
    text = result.content.decode()
    assert text.index("<<<<<<<") >= CALLS.index(above)
    assert text.endswith(theirs.partition(f"{new},\n")[2])


@pytest.mark.parametrize("what", LINES)
def test_one_part_that_both_add_in_one_place_alike_is_clean(what: str) -> None:
    above, mine, *_ = LINES[what]
    ours = CALLS.replace(above, f"    {mine},\n{above}")
    result = merged(CALLS, f"{ours}MINE = 1\n", ours)
    assert (result.conflicts, result.content.decode()) == (0, f"{ours}MINE = 1\n")


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ('mine = {"a": 1, "b": 2}', '\n\ntheirs = {"a": 1, "b": 2}\n'),
        ("mine = create(a=1)", "\n\ntheirs = create(a=2)\n"),
        ("mine = Table('a', Column('id'))", "\n\ntheirs = Table('b', Column('id'))\n"),
        ("mine = {**a, **b}", "\n\ntheirs = f(**a, **b)\n"),
    ],
)
def test_parts_of_different_calls_and_literals_are_clean(mine: str, theirs: str) -> None:
    assert both(mine, theirs).conflicts == 0


def test_a_part_that_the_user_has_twice_is_the_users() -> None:
    ours = CALLS.replace('    "pending"', '    "success": mine,\n    "pending"')
    theirs = CALLS.replace("hide_parameters=True,", "hide_parameters=False,")
    assert merged(CALLS, ours, theirs).conflicts == 0


@pytest.mark.parametrize(
    ("line", "last"),
    [
        ('    "success": success,\n', '    "refunded": refunded,\n'),
        ('    sa.Column("id", sa.Integer, primary_key=True),\n', LINES["column"][2]),
    ],
    ids=["key", "column"],
)
def test_a_part_that_one_side_deletes_and_the_other_moves_is_a_conflict(
    line: str, last: str
) -> None:
    deleted = CALLS.replace(line, "")
    moved = deleted.replace(last, f"{last}{line}")
    assert moved != deleted
    for ours, theirs in ((deleted, moved), (moved, deleted)):
        result = merged(CALLS, ours, theirs)
        assert result.conflicts == 1
        assert "deleted" in result.notes[0]


def test_an_attribute_that_the_user_took_into_a_function_and_the_templates_delete() -> None:
    line = "app.state.kg = 5\n"
    base = f"{line}{BASE}"
    ours = f"{BASE}\n\ndef create():\n    {line}"
    assert merged(base, ours, BASE.replace("order.save()", "order.keep()")).conflicts == 1
