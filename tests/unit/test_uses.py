"""What a Python file offers, and what of others it uses, by full names."""

from __future__ import annotations

import pytest

from kgscaffold.languages.model import Language
from kgscaffold.languages.python import PYTHON

QUEUE = "app/kryptogo/core/queue.py"
NAMED = "app.kryptogo.core.queue"


def test_a_module_offers_itself_and_what_it_binds() -> None:
    text = """
import os.path
from . import statements as words

LEASE, PAUSE = 1, 2
limit: int = 3
if LEASE:
    FOUND = 4


class State:
    DEAD = "dead"

    def told(self) -> None:
        inside = 1


async def owe() -> None:
    local = 1
"""
    names = "os words LEASE PAUSE limit FOUND State State.DEAD State.told owe".split()
    assert PYTHON.offered(QUEUE, text) == {NAMED, *(f"{NAMED}.{name}" for name in names)}
    assert PYTHON.offered("src/app/__init__.py", "x = 1\n") == {"app", "app.x"}
    assert PYTHON.offered(QUEUE, "def (\n") == frozenset()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("app/jobs.py", "from app.kryptogo.core.queue import owe"),
        ("app/jobs.py", "from .kryptogo.core.queue import owe as due"),
        ("app/kryptogo/handlers/success.py", "from ..core.queue import owe"),
        ("app/kryptogo/handlers/success.py", "from ..core import queue\nqueue.owe(1)"),
        ("app/__init__.py", "from .kryptogo.core import queue as q\nq.owe.cache()"),
        ("jobs.py", "import app.kryptogo.core.queue\napp.kryptogo.core.queue.owe()"),
        ("jobs.py", "import app.kryptogo.core.queue as q\nq.owe()"),
        ("jobs.py", "def late():\n    from app.kryptogo.core.queue import owe"),
        ("tests/test_x.py", f'patch("{NAMED}.owe")'),
    ],
)
def test_a_name_is_used_however_it_is_reached(path: str, text: str) -> None:
    assert f"{NAMED}.owe" in PYTHON.used(path, f"{text}\n")


@pytest.mark.parametrize(
    "text", ["from .core.queue import owe", "queue.owe()", "# app.kryptogo.core.queue.owe", "def ("]
)
def test_another_of_the_same_name_is_not_taken_for_it(text: str) -> None:
    assert f"{NAMED}.owe" not in PYTHON.used("app/kryptogo/handlers/success.py", f"{text}\n")


def test_a_language_without_a_parser_tells_of_no_use() -> None:
    assert Language().offered("a.ts", "x") == Language().used("a.ts", "x") == frozenset()


def test_a_name_that_nothing_in_the_file_binds_is_one_of_its_own() -> None:
    text = "import sys\n\n\ndef owed(a: int) -> None:\n    print(a, sys, owed, payments.latest())\n"
    found = PYTHON.used(QUEUE, text)
    assert f"{NAMED}.payments" in found
    assert not {f"{NAMED}.{name}" for name in ("print", "a", "sys", "owed", "int")} & found
