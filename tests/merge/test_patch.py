"""Structural edits: what changes, what never does, and what is left to a person."""

from __future__ import annotations

import pytest

from kgscaffold.merge import Patch, Reason, Refusal
from kgscaffold.merge.patch import patch_file
from tests.merge.patching import RENDERED, content, patch, sub

ENV = "# kgscaffold:id=x\n# The address.\nURL=http://a\n\n# A secret.\nTOKEN=change-me\n"


def test_a_new_variable_comes_with_its_comment_after_the_one_before_it() -> None:
    new = "\n# How long.\n# In seconds.\nLAG=5\n"
    ours, result = patch(
        ".env.example", ENV, sub(("URL=http://a", "URL=http://mine\nMINE=1")), lambda t: t + new
    )
    assert content(result) == ours + new


def test_a_default_changes_only_where_the_user_left_it_alone() -> None:
    theirs = sub(("http://a", "http://b"), ("change-me", "random"))
    ours, result = patch(".env.example", ENV, sub(("change-me", "secret")), theirs)
    assert content(result) == ours.replace("http://a", "http://b")
    assert isinstance(result, Patch)
    assert result.notes == ("TOKEN: yours is kept; it is now TOKEN=random",)


def test_a_variable_that_the_user_removed_or_has_stays_so() -> None:
    mine = sub(("# A secret.\nTOKEN=change-me\n", "# LAG=9\n"))
    ours, result = patch(
        ".env.example", ENV, mine, sub(("change-me", "random\n\n# How long.\nLAG=5"))
    )
    assert content(result) == ours


@pytest.mark.parametrize("new", ["# URL=http://b", "URL=http://b"])
def test_a_variable_that_the_user_has_twice_is_left_alone_with_a_note(new: str) -> None:
    mine = sub(("URL=http://a\n", "URL=http://a\nURL=http://a\n"))
    ours, result = patch(".env.example", ENV, mine, sub(("URL=http://a", new)))
    assert content(result) == ours
    assert isinstance(result, Patch)
    assert result.notes == (f"URL: yours is kept; it is now {new}",)


@pytest.mark.parametrize("line", ['NEW="x"', "NEW='x'", "NEW=x  # for now", "export NEW = 'x'"])
def test_a_value_that_both_add_is_one_however_it_is_quoted(line: str) -> None:
    _, result = patch(
        ".env.example", ENV, lambda text: f"{text}{line}\n", lambda text: f"{text}NEW=x\n"
    )
    assert isinstance(result, Patch)
    assert result.notes == ()
    assert line in content(result)


SPACED = ["URL = http://a", "URL= http://a", "export URL=http://a", "export URL = http://a"]


@pytest.mark.parametrize("line", [*SPACED, "  URL=http://a"])
def test_a_variable_is_one_however_its_line_is_spaced(line: str) -> None:
    """What python-dotenv reads as a variable is one: neither doubled nor called removed."""
    mine, theirs = sub(("URL=http://a", line)), sub(("http://a", "http://b"))
    ours, result = patch(".env.example", ENV, mine, theirs)
    assert content(result) == ours
    assert isinstance(result, Patch)
    assert result.notes == ("URL: yours is kept; it is now URL=http://b",)
    changed = sub(("URL=http://a", line.replace("/a", "/b")))
    _, result = patch(".env.example", ENV, changed, theirs)
    assert isinstance(result, Patch)
    assert result.notes == ()


@pytest.mark.parametrize(("value", "notes"), [("http://a", 0), ("http://c", 1)])
@pytest.mark.parametrize("line", SPACED)
def test_a_variable_that_both_add_is_the_users_however_it_is_spaced(
    line: str, value: str, notes: int
) -> None:
    line = line.replace("URL", "MINE")
    new = f"MINE={value}\n"
    ours, result = patch(".env.example", ENV, lambda t: f"{t}{line}\n", lambda t: t + new)
    assert content(result) == ours
    assert isinstance(result, Patch)
    assert len(result.notes) == notes


def test_the_lines_of_a_value_that_starts_after_a_space_are_left_to_a_person() -> None:
    _, result = patch(".env.example", ENV, lambda t: t + 'KEY = "a\nb"\n', lambda t: t + "LAG=5\n")
    assert isinstance(result, Refusal)


@pytest.mark.parametrize("new", ["TOKEN=random", "# TOKEN=random", ""])
@pytest.mark.parametrize("mine", ["# TOKEN=change-me", "#TOKEN=mine", "# export TOKEN = mine"])
def test_a_variable_that_the_user_commented_out_stays_so_and_needs_nobody(
    mine: str, new: str
) -> None:
    ours, result = patch(
        ".env.example", ENV, sub(("TOKEN=change-me", mine)), sub(("TOKEN=change-me", new))
    )
    assert content(result) == ours
    assert isinstance(result, Patch)
    assert result.notes == ()


def test_a_new_variable_that_the_user_has_as_a_comment_needs_nobody() -> None:
    ours, result = patch(
        ".env.example", ENV, lambda t: t + "# LAG=9\n", lambda t: t + "\n# How long.\nLAG=5\n"
    )
    assert content(result) == ours
    assert isinstance(result, Patch)
    assert result.notes == ()


def test_a_comment_of_both_that_the_templates_now_set_is_set_or_told() -> None:
    base = ENV.replace("TOKEN=", "# TOKEN=")
    theirs = sub(("# TOKEN=change-me", "TOKEN=random"))
    ours, result = patch(".env.example", base, lambda t: f"MINE=1\n{t}", theirs)
    assert content(result) == theirs(ours)
    ours, result = patch(".env.example", base, sub(("change-me", "mine")), theirs)
    assert content(result) == ours
    assert isinstance(result, Patch)
    assert result.notes == ("TOKEN: commented out in yours; it is now TOKEN=random",)


def test_a_value_over_several_lines_is_left_to_a_person() -> None:
    _, result = patch(
        ".env.example", ENV, lambda t: t + 'KEY="a\nb"\n', lambda t: t + "\n# Seconds.\nLAG=5\n"
    )
    assert isinstance(result, Refusal)
    assert (result.reason, result.lines) == (Reason.STRUCTURE, ("LAG=5",))


def test_windows_line_endings_are_kept() -> None:
    mine = sub(("change-me", "secret"))
    _, result = patch(
        ".env.example", ENV, lambda t: mine(t).replace("\n", "\r\n"), lambda t: t + "LAG=5\n"
    )
    assert content(result).count("\r\n") == content(result).count("\n")
    assert content(result).endswith("TOKEN=secret\r\nLAG=5\r\n")


def test_an_unedited_file_is_replaced() -> None:
    _, result = patch(".env.example", ENV, lambda t: t, sub(("# A secret.", "# Another.")))
    assert content(result) == ENV.replace("# A secret.", "# Another.")


REQUIREMENTS = "# kgscaffold:id=x\nfastapi>=0.115\nhttpx[http2]>=0.27\nuvicorn>=0.30\n"


def test_requirements_are_added_and_raised_but_never_the_users_own() -> None:
    ours, result = patch(
        "requirements.txt",
        REQUIREMENTS,
        sub(("uvicorn>=0.30", "uvicorn==0.31  # pinned\nstripe")),
        sub(("fastapi>=0.115", "fastapi>=0.120\nAnyIO>=4"), ("uvicorn>=0.30", "uvicorn>=0.33")),
    )
    assert content(result) == ours.replace("fastapi>=0.115", "fastapi>=0.120\nAnyIO>=4")
    assert isinstance(result, Patch)
    assert result.notes == ("uvicorn: yours is kept; it is now uvicorn>=0.33",)


def test_the_project_file_gets_what_is_missing_and_keeps_every_other_byte() -> None:
    base = RENDERED["pyproject.toml"]
    ours, result = patch(
        "pyproject.toml",
        base,
        lambda t: (
            sub(('"uvicorn>=0.30",', '"uvicorn==0.31",  # pinned\n    "stripe",'))(t)
            + "\n[tool.mine]\na = [1,2,   3]  # mine\n"
        ),
        lambda t: (
            sub(
                ('"fastapi>=0.115"', '"fastapi>=0.120"'),
                ('"httpx>', '"anyio>=4",\n    "httpx>'),
                ('"uvicorn>=0.30"', '"uvicorn>=0.33"'),
                ("strict = true", 'strict = true\nplugins = ["x"]'),
            )(t)
            + "\n[tool.coverage.run]\nbranch = true\n"
        ),
    )
    expected = sub(
        ('"fastapi>=0.115"', '"fastapi>=0.120"'),
        ('    "aiosqlite>=0.20",\n', '    "aiosqlite>=0.20",\n    "anyio>=4",\n'),
        ("strict = true\n", 'strict = true\nplugins = ["x"]\n'),
    )(ours)
    assert content(result) == expected + "\n[tool.coverage.run]\nbranch = true\n"
    assert isinstance(result, Patch)
    assert len(result.notes) == 1


def test_what_the_user_removed_from_the_project_file_stays_removed() -> None:
    base = RENDERED["pyproject.toml"]
    ours, result = patch(
        "pyproject.toml",
        base,
        sub(('    "uvicorn>=0.30",\n', ""), ("line-length = 100\n", "")),
        sub(("uvicorn>=0.30", "uvicorn>=0.33"), ("line-length = 100", "line-length = 99")),
    )
    assert content(result) == ours
    assert isinstance(result, Patch)
    assert len(result.notes) == 2


def test_a_dependency_that_the_user_has_twice_is_left_alone_and_hides_no_other() -> None:
    base = RENDERED["pyproject.toml"]
    mine = (
        "    \"numpy<2; python_version < '3.12'\",\n    \"numpy>=2; python_version >= '3.12'\",\n"
        '    "tenacity==8.5",\n'
    )
    new = '    "httpx>=0.28,<1",\n    "numpy>=1",\n    "tenacity>=9",\n'
    ours, result = patch(
        "pyproject.toml",
        base,
        sub(("dependencies = [\n", f"dependencies = [\n{mine}")),
        sub(('    "httpx>=0.27,<1",\n', new)),
    )
    assert content(result) == ours.replace("httpx>=0.27", "httpx>=0.28")
    assert isinstance(result, Patch)
    assert [note.rpartition("now ")[2] for note in result.notes] == ["numpy>=1", "tenacity>=9"]


def test_a_broken_project_file_is_left_to_a_person() -> None:
    _, result = patch(
        "pyproject.toml",
        RENDERED["pyproject.toml"],
        lambda t: t + "[broken\n",
        sub(("fastapi>=0.115", "fastapi>=0.120")),
    )
    assert isinstance(result, Refusal)
    assert result.lines == ('    "fastapi>=0.120",',)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (".env.example", "MINE={}\n"),
        ("requirements.txt", "mine=={}\n"),
        ("pyproject.toml", 'mine = "{}"\n'),
    ],
)
@pytest.mark.parametrize("number", ["1", "2"])
def test_what_both_add_is_the_users_and_another_value_is_told(
    path: str, line: str, number: str
) -> None:
    base = 'first = "1"\nlast = "2"\n' if path.endswith("toml") else "first==1\nlast==2\n"
    start = base.index("last")
    ours, result = patch(
        path,
        base,
        lambda text: text[:start] + line.format(1) + text[start:],
        lambda text: text + line.format(number),
    )
    assert content(result) == ours
    assert isinstance(result, Patch)
    assert len(result.notes) == (number != "1")


def test_a_kind_of_file_that_is_not_known_is_left_to_a_person() -> None:
    _, result = patch("Makefile", "a:\n", lambda t: t + "b:\n", lambda t: t + "c:\n")
    assert isinstance(result, Refusal)


def test_a_binary_file_is_refused() -> None:
    result = patch_file("pyproject.toml", b"a = 1\n", b"\0", b"a = 2\n")
    assert isinstance(result, Refusal)
    assert result.reason is Reason.BINARY
