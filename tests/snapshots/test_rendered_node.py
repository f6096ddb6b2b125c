"""The generated Node code under its ecosystem's own tools, and within the size it promises.

A form's three databases are checked together: what their projects need is installed once a form.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from node_tools import find_node

from kgscaffold.answers import Framework, LanguageName
from tests.snapshots.node_forms import CELLS, FORMS, GATES, form_of, packages_of
from tests.snapshots.trees import rendered, write

JAVASCRIPT = [form for form in FORMS if form.startswith(LanguageName.JAVASCRIPT)]
TYPES = {
    "extends": "./jsconfig.json",
    "compilerOptions": {"noUncheckedIndexedAccess": True, "exactOptionalPropertyTypes": True},
}
"""What the checker of JavaScript is asked for beyond the project's own: what TypeScript's is."""
WAIVERS = ("eslint-disable", "prettier-ignore", "@ts-", ": any", "as any", "{any}", "TODO")
CODE = (".ts", ".js")


@pytest.fixture(scope="module", params=FORMS)
def form(request: pytest.FixtureRequest) -> str:
    """One of the four forms; the tests of one come one after another."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def installed(form: str) -> Path:
    """A folder with the packages that the form's projects need, and with the linter's own."""
    return packages_of(form)


@pytest.fixture(scope="module")
def projects(form: str, installed: Path) -> Iterator[list[Path]]:
    """The rendered projects of a form, below its packages."""
    cells = [cell for cell in CELLS if form_of(cell) == form]
    folders = []
    for cell in cells:
        folder = installed / f"{cell.framework}-{cell.database}"
        shutil.rmtree(folder, ignore_errors=True)
        write(rendered(cell), folder)
        if cell.language is LanguageName.JAVASCRIPT:  # it has a jsconfig.json
            (folder / "tsconfig.json").write_text(json.dumps(TYPES), encoding="utf-8")
        folders.append(folder)
    yield folders
    for folder in folders:
        shutil.rmtree(folder)


def run(installed: Path, folder: Path, program: str, *arguments: str) -> str:
    """Give what a program of the packages says of a folder; empty where it is content."""
    command = [find_node(), str(installed / "node_modules" / program), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    said = f"{folder.name}:\n{done.stdout}{done.stderr}"
    return said if done.returncode else ""


def faults_of(installed: Path, projects: list[Path], program: str, *arguments: str) -> str:
    return "".join(run(installed, folder, program, *arguments) for folder in projects)


def test_generated_code_is_formatted(installed: Path, projects: list[Path]) -> None:
    # Ours is the only file that is not the project's.
    (installed / ".prettierignore").write_text("tsconfig.json\n", encoding="utf-8")
    ignoring = ("--ignore-path", "../.prettierignore", "--ignore-path", ".prettierignore")
    said = faults_of(installed, projects, "prettier/bin/prettier.cjs", "--check", *ignoring, ".")
    assert not said, said


def test_generated_code_is_well_typed(installed: Path, projects: list[Path]) -> None:
    said = faults_of(installed, projects, "typescript/bin/tsc", "--noEmit", "-p", "tsconfig.json")
    assert not said, said


def test_generated_code_passes_its_own_linter(installed: Path, projects: list[Path]) -> None:
    said = faults_of(installed, projects, "eslint/bin/eslint.js", ".")
    assert not said, said


@pytest.mark.parametrize("form", JAVASCRIPT, indirect=True)
def test_javascript_passes_the_linter_of_types(installed: Path, projects: list[Path]) -> None:
    """TypeScript's own configuration is this one already."""
    config = shutil.copy(GATES / "eslint.config.mjs", installed)
    code = ("--no-error-on-unmatched-pattern", "src", "migrations", "tests")
    said = faults_of(installed, projects, "eslint/bin/eslint.js", "--config", str(config), *code)
    assert not said, said


@pytest.mark.parametrize("form", JAVASCRIPT, indirect=True)
def test_no_type_is_lost_in_javascript(form: str, projects: list[Path]) -> None:
    system = form.partition("_")[2]
    for folder in projects:
        cell = next(
            cell
            for cell in CELLS
            if form_of(cell) == f"typescript_{system}"
            and folder.name == f"{cell.framework}-{cell.database}"
        )
        twin = folder / "twin"
        write(rendered(cell), twin)
        lost = untyped(folder) - untyped(twin)
        shutil.rmtree(twin)
        assert not lost, lost


def untyped(folder: Path) -> set[str]:
    """Give what is declared as `any` in a project."""
    command = [find_node(), str(GATES / "any_leaks.ts")]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines())


def test_what_a_project_needs_fits_together(installed: Path) -> None:
    command = [find_node(), find_node("npm"), "ls", "--all"]
    done = subprocess.run(command, cwd=installed, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_generated_code_has_no_waivers(form: str) -> None:
    for cell in (cell for cell in CELLS if form_of(cell) == form):
        for path, content in rendered(cell).items():
            found = [waiver for waiver in WAIVERS if waiver in content.decode()]
            assert not (path.endswith(CODE) and found), (path, found)


CORE_LINES = {Framework.EXPRESS: 3067, Framework.NESTJS: 3318}
CORE_FILES = {Framework.EXPRESS: 23, Framework.NESTJS: 26}
FILE_LINES = 330
"""The contract asks for 1,150 lines in 16 files of 200: may shrink, never grow."""


def test_the_core_is_small(form: str) -> None:
    for cell in (cell for cell in CELLS if form_of(cell) == form):
        core = {
            path: code_lines(content.decode())
            for path, content in rendered(cell).items()
            if path.startswith(f"{cell.module}/core/")
        }
        assert max(core.values()) <= FILE_LINES, core
        assert sum(core.values()) <= CORE_LINES[cell.framework], sum(core.values())
        assert len(core) <= CORE_FILES[cell.framework], sorted(core)


def test_lines_of_code_are_counted_without_comments() -> None:
    text = "// a\n\n/**\n * b\n */\nconst c = `\n  * d`; // e\n/* f */\n"
    assert code_lines(text) == 2


def code_lines(text: str) -> int:
    """Count the lines that hold code: prettier lets a comment begin and end its lines."""
    comments = re.compile(r"^ *(//.*|/\*(?:[^*]|\*(?!/))*\*/)$", re.MULTILINE)
    return len([line for line in comments.sub("", text).splitlines() if line.strip()])
