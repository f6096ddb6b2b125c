"""A language is data and one class: files of one that kgscaffold cannot read merge as text."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgscaffold.answers import LanguageName, ModuleSystem
from kgscaffold.languages import LANGUAGES, language_named, language_of
from kgscaffold.languages.model import InvalidValueError, Language
from kgscaffold.languages.node import JAVASCRIPT, TYPESCRIPT
from kgscaffold.languages.python import PYTHON
from kgscaffold.merge.blocks import blocks_of
from kgscaffold.merge.parse import parses
from kgscaffold.merge.scope import comparable_scopes

TWINS = ["def a():", "    return 1", "", "def b():", "    return 1"]


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("app/main.py", PYTHON),
        ("x.pyi", PYTHON),
        ("src/app.ts", TYPESCRIPT),
        ("x.cjs", JAVASCRIPT),
        ("x.toml", None),
        ("package.json", None),
        ("py", None),
    ],
)
def test_a_file_has_the_language_of_its_suffix(path: str, language: Language | None) -> None:
    assert language_of(path) is language


def test_every_language_is_found_by_its_name() -> None:
    assert [language_named(name) for name in LanguageName] == list(LANGUAGES)


def test_what_python_knows_of_a_text_is_not_assumed_of_another_language() -> None:
    assert comparable_scopes("a.py", TWINS)[0][1] != comparable_scopes("a.py", TWINS)[0][4]
    assert set(comparable_scopes("a.ts", TWINS, [*TWINS, "def ("])[1]) == {""}
    assert blocks_of("a.py", TWINS)
    assert parses("a.py", b"def (") is False


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


def test_node_says_how_its_projects_are_named() -> None:
    for language in (TYPESCRIPT, JAVASCRIPT):
        assert language.module_path("src/pay-ments/") == "src/pay-ments"
        assert language.module_import("src/kryptogo") == "src/kryptogo"
        assert language.free_module(language.default_module, ()) == "src/kryptogo"
    assert TYPESCRIPT.module_systems[0] is ModuleSystem.ESM
    assert JAVASCRIPT.module_systems[0] is ModuleSystem.COMMONJS


@pytest.mark.parametrize("name", ["kryptogo", "src/a/b", "Src/a", "src/1a", "../a", "src/a.b", ""])
def test_a_module_of_node_has_two_names(name: str) -> None:
    with pytest.raises(InvalidValueError, match="must be FOLDER/NAME"):
        TYPESCRIPT.module_path(name)


@pytest.mark.parametrize("name", ["dist/kryptogo", "tests/kryptogo", "src/orders", "src/server"])
def test_a_module_of_node_takes_no_name_of_the_shop(name: str) -> None:
    with pytest.raises(InvalidValueError, match="a name the shop itself uses"):
        JAVASCRIPT.free_module(name, ())


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("v24.19.0", ""),
        ("v22.13.0", ""),
        ("v22.12.0", "Node is 22.12.0 here, and the project needs 22.13 or later. Install Node 24"),
        ("v9.0.0", "Node is 9.0.0 here"),
        ("not a version", "There is no Node here"),
        (None, "There is no Node here, and the project needs 22.13 or later. Install Node 24"),
    ],
)
def test_a_node_that_is_missing_or_too_old_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str | None, told: str
) -> None:
    if said is not None:
        node = tmp_path / "node"
        node.write_text(f"#!/bin/sh\necho {said}\n")
        node.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    lacking = TYPESCRIPT.lacking()
    assert told in lacking
    assert bool(lacking) is bool(told)
    assert PYTHON.lacking() == ""
