"""Structural edits of the entry file: statements found, replaced and added, or left."""

from __future__ import annotations

import pytest

from kgscaffold.merge import Refusal
from tests.merge.patching import RENDERED, Edit, content, patch, sub

MAIN = RENDERED["app/main.py"]
ADMIN = sub(
    ("from app import shop\n", "from app import admin, shop\n"),
    ("(kryptogo)\n", "(kryptogo)\n# For the staff.\napp.include_router(admin.router)\n"),
)


def test_a_router_is_included_in_an_entry_file_that_the_user_edited() -> None:
    mine = sub(
        ('title="shop"', 'title="My shop"'),
        ("from app import shop\n", "from app import mine, shop\n"),
        ("(kryptogo)\n", "(kryptogo)\napp.include_router(mine.router)  # mine\n"),
    )
    ours, result = patch("app/main.py", MAIN, mine, ADMIN)
    assert content(result) == sub(
        ("from app import mine, shop\n", "from app import mine, shop\nfrom app import admin\n"),
        ("(kryptogo)\n", "(kryptogo)\n# For the staff.\napp.include_router(admin.router)\n"),
    )(ours)


def test_an_import_that_the_templates_replace_is_replaced() -> None:
    theirs = sub(("from app.kryptogo import router", "from app.kryptogo.web import router"))
    ours, result = patch("app/main.py", MAIN, lambda t: t + "\n\nMINE = 1\n", theirs)
    assert content(result) == theirs(ours)


def test_what_is_there_already_is_not_added_again() -> None:
    ours, result = patch("app/main.py", MAIN, lambda t: ADMIN(t) + "\n\nMINE = 1\n", ADMIN)
    assert content(result) == ours


SET_UP = """app = FastAPI(title="shop")
app.include_router(shop.router)
app.include_router(kryptogo)
"""
FACTORY = sub((SET_UP, "def create():\n    return FastAPI()\n"))


@pytest.mark.parametrize(
    "mine",
    [
        FACTORY,
        lambda text: text + "x = (\n",
        sub(("app.include_router(kryptogo)", "app.include_router(kryptogo, prefix='/x')")),
        sub(("app.include_router(kryptogo)", "app.include_router(kryptogo); x = 1")),
    ],
    ids=["factory", "broken", "changed", "two on a line"],
)
def test_an_entry_file_of_another_shape_is_left_to_a_person(mine: Edit) -> None:
    _, result = patch("app/main.py", MAIN, mine, ADMIN)
    assert isinstance(result, Refusal)
    assert "app.include_router(admin.router)" in result.lines
