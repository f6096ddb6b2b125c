"""Structural edits of `package.json`: dependencies, scripts, and every byte that is not edited."""

from __future__ import annotations

import json

import pytest

from kgscaffold.merge import Patch, Refusal
from kgscaffold.merge.patch import patch_file
from tests.merge.patching import content, patch, sub


def test_a_package_file_keeps_its_indent() -> None:
    base = json.dumps({"name": "shop", "dependencies": {"express": "^5"}}, indent="\t") + "\n"
    ours, result = patch(
        "package.json",
        base,
        sub(('"^5"', '"^5",\n\t\t"mine": "1"')),
        sub(('"^5"', '"^5",\n\t\t"knex": "^3"')),
    )
    assert content(result) == ours.replace('"mine"', '"knex": "^3",\n\t\t"mine"')


PACKAGE = """\
{
  "name": "shop", "version": "1.0.0",
  "files": ["dist", "README.md"],
  "scripts": { "start": "node dist/server.js" },
  "dependencies": {
    "express": "^5.0.0",
    "knex":  "^3.1.0"
  },
  "devDependencies": {},
  "engines": {
    "node": ">=22"
  }
}
"""


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        # by the alphabet, where both have it so
        (
            [('"express"', '"big.js": "^7.0.0",\n    "express"')],
            [('"express"', '"big.js": "^7.0.0",\n    "express"')],
        ),
        (
            [('"^3.1.0"', '"^3.1.0",\n    "pg": "^8",\n    "zod": "^4"')],
            [('"mine": "1"', '"mine": "1",\n    "pg": "^8",\n    "zod": "^4"')],
        ),
        # beside its neighbours
        (
            [('"engines"', '"type": "module",\n  "engines"')],
            [("{},\n", '{},\n  "type": "module",\n')],
        ),
        # a table and a list on one line, a table of nothing
        (
            [('.js" }', '.js", "test": "node --test" }')],
            [('.js" }', '.js", "test": "node --test" }')],
        ),
        ([('.md"]', '.md", "a"]')], [('.md"]', '.md", "a"]')]),
        (
            [("{}", '{ "tsx": "^4", "typescript": "^5" }')],
            [("{}", '{\n    "tsx": "^4",\n    "typescript": "^5"\n  }')],
        ),
        ([('">=22"', '">=24"')], [('">=22"', '">=24"')]),
        (
            [('"node"', '"npm": { "a": [1] },\n    "node"')],
            [
                (
                    '"node"',
                    '"npm": {\n      "a": [\n        1\n      ]\n    },\n    "node"',
                )
            ],
        ),
    ],
)
def test_every_byte_of_a_package_file_that_is_not_edited_stays(
    theirs: list[tuple[str, str]], expected: list[tuple[str, str]]
) -> None:
    ours, result = patch(
        "package.json", PACKAGE, sub(('"^3.1.0"', '"^3.1.0",\n    "mine": "1"')), sub(*theirs)
    )
    assert content(result) == sub(*expected)(ours)


def test_a_dependency_that_the_user_changed_or_removed_stays_so() -> None:
    mine = sub(('"^5.0.0"', '"~5.1"'), (',\n    "knex":  "^3.1.0"', ""))
    theirs = sub(('"^5.0.0"', '"^5.2.0"'), ('"^3.1.0"', '"^3.2.0"'))
    ours, result = patch("package.json", PACKAGE, mine, theirs)
    assert content(result) == ours
    assert isinstance(result, Patch)
    assert result.notes == (
        "dependencies.express: yours is kept; it is now '^5.2.0'",
        "dependencies.knex: you removed it; it has changed since",
    )


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"name"', '// mine\n  "name"', "not JSON"),
        ('"node": ">=22"', '"node": ">=22",', "not JSON"),
        ('"engines"', '"scripts": {},\n  "engines"', '"scripts" is there twice'),
    ],
)
def test_a_package_file_that_npm_would_not_read_as_it_looks_is_left_to_a_person(
    old: str, new: str, why: str
) -> None:
    theirs = sub(('"^5.0.0"', '"^5.2.0"'))
    _, result = patch("package.json", PACKAGE, sub((old, new)), theirs)
    assert isinstance(result, Refusal)
    assert why in result.message
    assert result.lines == ('    "express": "^5.2.0",',)


@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("last", ["", "\n"])
def test_a_package_file_keeps_its_line_ends_and_its_last(end: str, last: str) -> None:
    own = PACKAGE.replace('"knex"', '"mine"').removesuffix("\n").replace("\n", end)
    own += end if last else ""
    result = patch_file(
        "package.json",
        PACKAGE.encode(),
        b"\xef\xbb\xbf" + own.encode(),
        PACKAGE.replace("^5.0.0", "^5.2.0").encode(),
    )
    assert isinstance(result, Patch)
    assert result.content == b"\xef\xbb\xbf" + own.replace("^5.0.0", "^5.2.0").encode()


def test_items_of_a_package_file_are_no_requirements_of_python() -> None:
    base = json.dumps({"files": ["dist"]}, indent=2) + "\n"
    mine, theirs = (
        sub(('"dist"', '"dist",\n    "my-docs"')),
        sub(('"dist"', '"dist",\n    "my_docs"')),
    )
    _, result = patch("package.json", base, mine, theirs)
    assert json.loads(content(result))["files"] == ["dist", "my-docs", "my_docs"]


def test_a_key_that_both_add_to_a_package_file_is_the_users() -> None:
    base = json.dumps({"scripts": {"start": "a", "test": "b"}}, indent=2) + "\n"
    mine, theirs = (
        sub(('"start"', '"lint": "x",\n    "start"')),
        sub(('"b"', '"b",\n    "lint": "y"')),
    )
    ours, result = patch("package.json", base, mine, theirs)
    assert content(result) == ours
    assert isinstance(result, Patch)
    assert result.notes == ("scripts.lint: yours is kept; it is now 'y'",)
