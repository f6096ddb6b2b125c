"""Structural edits of an entry file in TypeScript and CommonJS: the app is made in a function."""

from __future__ import annotations

import pytest

from kgscaffold.merge import Refusal
from tests.merge.patching import Edit, content, patch, sub
from tests.merge.worlds import node_shop

PATHS = {"typescript": "src/app.ts", "javascript": "src/app.js"}
IMPORTS = {
    "typescript": ('import { shop } from "./shop.js";\n', 'import {{ {0} }} from "./{0}.js";\n'),
    "javascript": (
        'const { shop } = require("./shop");\n',
        'const {{ {0} }} = require("./{0}");\n',
    ),
}
USE = "  app.use(payments);\n"


@pytest.fixture(params=PATHS)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _app(form: str) -> str:
    (file,) = [file for file in node_shop(form) if file.path == PATHS[form]]
    return file.content.decode()


def _with(form: str, name: str) -> tuple[str, str]:
    """Give the imports with one more, and those before."""
    old, new = IMPORTS[form]
    return old, old + new.format(name)


def _admin(form: str) -> Edit:
    return sub(_with(form, "admin"), (USE, f"{USE}  // For the staff.\n  app.use(admin);\n"))


def test_a_router_is_used_in_an_app_that_the_user_edited(form: str) -> None:
    mine = sub(_with(form, "mine"), ("  app.use(shop);\n", "  app.use(shop);\n  app.use(mine);\n"))
    ours, result = patch(PATHS[form], _app(form), mine, _admin(form))
    added = IMPORTS[form][1].format("admin")
    assert content(result).count(added) == 1
    assert content(result).replace(added, "") == sub(
        (USE, f"{USE}  // For the staff.\n  app.use(admin);\n")
    )(ours)


def test_what_is_there_already_is_not_used_again(form: str) -> None:
    admin = _admin(form)
    ours, result = patch(
        PATHS[form], _app(form), lambda text: f"{admin(text)}\nconst MINE = 1;\n", admin
    )
    assert content(result) == ours


def test_layout_and_quotes_are_the_users(form: str) -> None:
    line = IMPORTS[form][0]
    mine = sub((USE, "  app.use( payments )\n"), (line, line.replace('"', "'").replace(";", "")))
    ours, result = patch(PATHS[form], _app(form), mine, _admin(form))
    kept = content(result).replace("  // For the staff.\n  app.use(admin);\n", "")
    assert kept.replace(IMPORTS[form][1].format("admin"), "") == ours


@pytest.mark.parametrize(
    ("mine", "theirs", "why"),
    [
        ((USE, "  app.use(payments.mine);\n"), (USE, "  app.use(payments.new);\n"), "you changed"),
        (("tellError);", "mine);"), ("tellError);", "theirs);"), "you changed"),
        ((USE, f"  const limit = 1;\n{USE}"), (USE, f"{USE}  const limit = 2;\n"), "you changed"),
        ((USE, "  {\n    app.use(payments);\n"), (USE, f"{USE}  app.use(admin);\n"), "line "),
    ],
)
def test_an_app_whose_edit_is_not_clear_is_left_to_a_person(
    form: str, mine: tuple[str, str], theirs: tuple[str, str], why: str
) -> None:
    _, result = patch(PATHS[form], _app(form), sub(mine), sub(theirs))
    assert isinstance(result, Refusal)
    assert why in result.message
    assert result.lines


def test_a_call_is_added_beside_the_one_below_where_that_above_is_gone(form: str) -> None:
    mine, theirs = sub((USE, "")), sub((USE, f"{USE}  app.use(admin);\n"))
    ours, result = patch(PATHS[form], _app(form), mine, theirs)
    assert content(result) == sub(("  app.use(shop", "  app.use(admin);\n  app.use(shop"))(ours)


def test_a_function_whose_head_the_user_changed_is_left_to_a_person(form: str) -> None:
    mine = sub(("function createApp()", "function createApp(mine = 1)"))
    _, result = patch(PATHS[form], _app(form), mine, _admin(form))
    assert isinstance(result, Refusal)
    assert "  app.use(admin);" in result.lines
