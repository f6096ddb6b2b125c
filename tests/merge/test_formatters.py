"""The project's own formatter."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from kgscaffold.merge import Merge, merge_text
from kgscaffold.merge.formatters import Formatter, FormatterError, detect
from tests.merge.prettier import install

CONFIGURED = [
    ("ruff", "pyproject.toml", "[tool.ruff]\n"),
    ("ruff", "ruff.toml", ""),
    ("ruff", ".ruff.toml", ""),
    ("black", "pyproject.toml", "[tool.black]\n"),
    ("prettier", ".prettierrc", "{}"),
    ("prettier", ".prettierrc.json", "{}"),
    ("prettier", "prettier.config.js", ""),
    ("prettier", "package.json", '{"prettier": {}}'),
    ("prettier", "package.json", '{"devDependencies": {"prettier": "^3"}}'),
    ("biome", "biome.json", "{}"),
    ("biome", "package.json", '{"devDependencies": {"@biomejs/biome": "^2", "prettier": "^3"}}'),
]


@pytest.mark.parametrize(("name", "file", "text"), CONFIGURED)
def test_a_configured_formatter_is_found(name: str, file: str, text: str, tmp_path: Path) -> None:
    (tmp_path / file).write_text(text)
    found = detect(tmp_path)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("text", ["", "[", "[1]", '{"devDependencies": ["prettier"]}'])
def test_a_package_without_one_has_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text(text)
    assert detect(tmp_path) is None


@pytest.mark.parametrize("text", ["", "[tool.mypy]\n", "[broken", "tool = 1\n"])
def test_a_project_without_one_has_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert detect(tmp_path) is None


def program(folder: Path, text: str) -> Formatter:
    """Give a formatter that is a script of the project's own environment."""
    path = folder / ".venv/bin/own"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o755)
    return Formatter("own", folder, (".py",), ("{path}",))


def test_the_projects_own_program_is_run_in_its_folder(tmp_path: Path) -> None:
    formatter = program(
        tmp_path,
        "import os, sys\n"
        "print(sys.argv[1], os.getcwd() == os.path.dirname(os.path.dirname(os.path.dirname("
        "os.path.abspath(__file__)))), sys.stdin.read().upper())",
    )
    assert formatter.format("app/x.py", "text") == "app/x.py True TEXT\n"
    assert formatter.handles("app/x.py")
    assert not formatter.handles("README.md")


def test_one_that_fails_says_why(tmp_path: Path) -> None:
    formatter = program(tmp_path, "import sys; sys.exit('no such rule')")
    with pytest.raises(FormatterError, match="no such rule"):
        formatter.format("x.py", "")


def test_a_file_that_is_not_clean_under_it_is_merged_as_it_is(tmp_path: Path) -> None:
    formatter = program(tmp_path, "import sys; print(sys.stdin.read().upper(), end='')")
    base = b"a = 1\nb = 2\nc = 3\n"
    ours, theirs = base.replace(b"1", b"10"), base.replace(b"3", b"30")
    result = merge_text(base, ours, theirs, path="a.py", formatter=formatter)
    assert result == Merge(b"a = 10\nb = 2\nc = 30\n", 0, (), True)


def test_a_file_that_is_clean_under_it_is_merged_with_formatted_texts(tmp_path: Path) -> None:
    formatter = program(tmp_path, "import sys; print(sys.stdin.read().upper(), end='')")
    base = b"a = 1\nb = 2\nc = 3\n"
    theirs = base.replace(b"c = 3", b"c = 30")
    result = merge_text(base, base, theirs, path="a.py", formatter=formatter)
    assert result == Merge(theirs, 0, (), True)
    wide = b"a = 1\nx = 1\nb = 2\ny = 1\nc = 3\n"
    result = merge_text(
        wide,
        wide.upper().replace(b"B = 2", b"B = 20"),
        wide.replace(b"a = 1", b"a = 10"),
        path="a.py",
        formatter=formatter,
    )
    assert result == Merge(b"A = 10\nX = 1\nB = 20\nY = 1\nC = 3\n", 0, (), True)


SETTINGS = {"prettier": ".prettierrc.json", "@biomejs/biome": "biome.json"}
WIDE = """export function first(a) {
    return { 'a': a, "b": [1,2,3] }
}
export function second(b) {
    return b
}
"""


@pytest.fixture
def path(monkeypatch: pytest.MonkeyPatch) -> None:
    """One to put the programs of this environment on."""
    monkeypatch.setenv("PATH", os.environ["PATH"])


@pytest.mark.parametrize("name", SETTINGS)
def test_the_projects_own_formatter_of_node_is_run(name: str, tmp_path: Path, path: None) -> None:
    install(tmp_path, name, SETTINGS[name])
    formatter = detect(tmp_path)
    assert formatter is not None
    assert formatter.name == name.rpartition("/")[2]
    ours = formatter.format("src/a.ts", WIDE).replace("return b", "return b + 1")
    theirs = WIDE.replace("{ 'a': a,", "{ 'a': a, 'c': a,")
    result = merge_text(
        WIDE.encode(), ours.encode(), theirs.encode(), path="src/a.ts", formatter=formatter
    )
    assert isinstance(result, Merge)
    assert (result.conflicts, result.notes, result.parses) == (0, (), True)
    merged = ours.replace("a: a", "a: a, c: a").replace('"a": a', '"a": a, "c": a')
    assert result.content.decode() == formatter.format("src/a.ts", merged)
    with pytest.raises(FormatterError, match="it failed"):
        formatter.format("src/a.ts", "const = 1;")


def test_one_that_is_not_installed_is_not_run_but_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "package.json").write_text('{"devDependencies": {"prettier": "^3"}}')
    monkeypatch.setenv("PATH", str(tmp_path))
    formatter = detect(tmp_path)
    assert formatter is not None
    with pytest.raises(FormatterError, match="it is not installed"):
        formatter.format("src/a.ts", WIDE)
