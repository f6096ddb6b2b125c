"""The project's name from the folder's."""

from __future__ import annotations

import pytest

from kgscaffold.answers import LanguageName
from kgscaffold.stacks.names import project_name_of
from kgscaffold.validation import valid_project_name


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("shop", "shop"),
        ("My Shop", "my-shop"),
        ("L\u00e4dchen_2", "ladchen-2"),
        ("\u5546\u5e97", "shop"),
        ("", "shop"),
        ("...", "shop"),
        ('a"b\nc', "a-b-c"),
        ("fastapi", "fastapi-shop"),
        ("SQLAlchemy", "sqlalchemy-shop"),
        ("x" * 300, "x" * 60),
        ("\udcff", "shop"),
    ],
)
def test_any_folder_gives_a_package_name(folder: str, name: str) -> None:
    assert project_name_of(folder) == name
    assert valid_project_name(name) == name


@pytest.mark.parametrize("folder", ["express", "Knex", "better-sqlite3", "npm"])
def test_a_name_is_taken_in_the_language_of_the_project_alone(folder: str) -> None:
    for language in (LanguageName.TYPESCRIPT, LanguageName.JAVASCRIPT):
        assert project_name_of(folder, language) == f"{folder.lower()}-shop"
    assert project_name_of(folder) == folder.lower()
