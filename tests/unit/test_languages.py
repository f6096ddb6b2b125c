"""A language is data and one class: files of one that kgscaffold cannot read merge as text."""

from __future__ import annotations

import pytest

from kgscaffold.answers import LanguageName, ModuleSystem
from kgscaffold.languages import LANGUAGES, language_named, language_of
from kgscaffold.languages.model import Language
from kgscaffold.languages.python import PYTHON
from kgscaffold.merge.blocks import blocks_of
from kgscaffold.merge.parse import parses
from kgscaffold.merge.scope import comparable_scopes

TWINS = ["def a():", "    return 1", "", "def b():", "    return 1"]


@pytest.mark.parametrize(
    ("path", "language"),
    [("app/main.py", PYTHON), ("x.pyi", PYTHON), ("x.toml", None), ("x.ts", None), ("py", None)],
)
def test_a_file_has_the_language_of_its_suffix(path: str, language: Language | None) -> None:
    assert language_of(path) is language


def test_a_language_that_is_not_there_yet_is_refused() -> None:
    assert [language_named(language.name) for language in LANGUAGES] == list(LANGUAGES)
    with pytest.raises(ValueError, match="javascript is not a language of this version"):
        language_named(LanguageName.JAVASCRIPT)


def test_what_python_knows_of_a_text_is_not_assumed_of_another_language() -> None:
    assert comparable_scopes("a.py", TWINS)[0][1] != comparable_scopes("a.py", TWINS)[0][4]
    assert set(comparable_scopes("a.ts", TWINS, [*TWINS, "def ("])[1]) == {""}
    assert blocks_of("a.py", TWINS)
    assert blocks_of("a.ts", TWINS) is None
    assert parses("a.py", b"def (") is False
    assert parses("a.ts", b"def (") is None


def test_a_text_that_does_not_parse_has_the_scopes_of_its_definitions() -> None:
    broken = [*TWINS, "def ("]
    assert comparable_scopes("a.py", TWINS, broken)[1][4] == "def b"


def test_a_language_without_a_parser_has_one_scope_and_no_blocks() -> None:
    plain = Language()
    assert plain.scopes(TWINS) == plain.scopes_of_broken(TWINS) == ("",) * len(TWINS)
    assert plain.blocks(TWINS) is None
    assert plain.parts(TWINS) is None
    assert plain.is_sound("x") is None
    assert plain.module_import("src/kryptogo") == "src/kryptogo"


def test_python_says_how_its_projects_are_named() -> None:
    assert PYTHON.module_import("app/kryptogo") == "app.kryptogo"
    assert PYTHON.module_systems == (ModuleSystem.PACKAGE,)
    assert PYTHON.package_of("python-dotenv") == "dotenv"
    assert PYTHON.package_of("Flask-SQLAlchemy") == "flask_sqlalchemy"
