"""Help, version and completion are quick: they import nothing heavy."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from kgscaffold import __version__
from kgscaffold.cli.group import COMMANDS
from kgscaffold.stacks import DATABASES, supported_databases, supported_frameworks
from tests.cli.running import Cli, process

HEAVY = (
    *("copier", "questionary", "jinja2", "pydantic", "yaml", "rich", "prompt_toolkit", "httpx"),
    *("tomlkit", "tree_sitter"),
)
COMMAND_MODULES = tuple(f"kgscaffold.cli.{entry.module}" for entry in COMMANDS.values())
SOURCES = ("source_bash", "bash_source")
COUNT = """
import atexit, sys
atexit.register(lambda: print([m for m in {heavy!r} if m in sys.modules], file=sys.stderr))
from kgscaffold.cli.main import main
main()
"""


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (["--help"], {}),
        (["-h"], {}),
        (["--version"], {}),
        ([], {}),
        *(
            ([name, "--help"], {})
            for name in (
                "init",
                "update",
                "regenerate",
                "status",
                "undo",
                "demo",
                "matrix",
                "simulate",
            )
        ),
        (["matrix"], {}),
        (["status"], {}),
        (["init", "--framework", "nonsense"], {}),
        (["update", "nowhere", "--set", "route=/paid", "--module", "x"], {}),
        (["init", "-f", "fastapi", "-d", "sqlite", "-y", "--dry-run", ""], {}),
        ([], {"_KGSCAFFOLD_COMPLETE": "complete_bash", "COMP_WORDS": "kgscaffold i"}),
        ([], {"_KGSCAFFOLD_COMPLETE": "complete_bash", "COMP_WORDS": "kgscaffold status --"}),
        ([], {"_KGSCAFFOLD_COMPLETE": "source_bash"}),
    ],
)
def test_nothing_heavy_is_imported(
    tmp_path: Path, arguments: list[str], variables: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COUNT.format(heavy=HEAVY), *arguments],
        cwd=tmp_path,
        env=os.environ | {"COMP_CWORD": "1"} | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.splitlines()[-1] == "[]", done.stderr


def test_a_command_is_imported_when_it_is_used(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", COUNT.format(heavy=COMMAND_MODULES), "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stderr == "[]\n"


def test_what_was_in_a_bashrc_before_typer_still_makes_tab_complete(tmp_path: Path) -> None:
    told = [process(cwd=tmp_path, _KGSCAFFOLD_COMPLETE=words).out for words in SOURCES]
    assert "complete -o default -F" in told[0]
    assert told[0] == told[1]


def test_tab_completes_a_command(tmp_path: Path) -> None:
    result = process(
        cwd=tmp_path,
        _KGSCAFFOLD_COMPLETE="complete_bash",
        COMP_WORDS="kgscaffold in",
        COMP_CWORD="1",
    )
    assert result.out == "init\n"


def test_help_lists_the_commands_and_version_the_version(cli: Cli) -> None:
    result = cli("--help")
    assert result.code == 0
    for name in ("init", "update", "regenerate", "status", "undo", "demo", "matrix", "simulate"):
        assert f"  {name}" in result.out
    assert cli("--version").out == f"kgscaffold {__version__}\n"


def test_without_a_command_help_is_shown_as_a_usage_error(cli: Cli) -> None:
    result = cli()
    assert (result.code, result.out) == (2, "")
    assert "Commands:" in result.err


@pytest.mark.parametrize("arguments", [["nonsense"], ["init", "--nonsense"], ["undo", "a", "b"]])
def test_a_wrong_command_line_is_a_usage_error(cli: Cli, arguments: list[str]) -> None:
    result = cli(*arguments)
    assert (result.code, result.out) == (2, "")
    assert "--help` lists what it takes" in result.err


@pytest.mark.parametrize("arguments", [["-f"], ["--nonsense"], ["a", "b"]])
def test_the_hint_names_the_help_of_the_command(cli: Cli, arguments: list[str]) -> None:
    assert "`kgscaffold init --help` lists" in cli("init", *arguments).err


@pytest.mark.parametrize("command", ["init", "demo", "simulate", "matrix"])
def test_help_ends_with_examples_and_exit_codes(cli: Cli, command: str) -> None:
    told = cli(command, "--help").out
    examples, _, codes = told.partition("Examples:")[2].partition("Exit codes:")
    assert f"kgscaffold {command}" in examples
    meanings = dict(re.findall(r"^ +(\d+) +(\S.*)$", codes, re.MULTILINE))
    assert {"0", "1", "2", "130", "141"} <= set(meanings)
    assert told.rstrip().endswith(meanings["141"])


def test_the_help_of_all_ends_with_examples_and_exit_codes_too(cli: Cli) -> None:
    told = cli("--help").out
    for number in ("0", "1", "2", "3", "4", "5", "130", "141"):
        assert re.search(rf"^ +{number} +\S", told, re.MULTILINE), number
    assert "_KGSCAFFOLD_COMPLETE=source_bash" in told


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        ("kgscaffold init -f ", ["express", "fastapi", "flask", "nestjs"]),
        ("kgscaffold init -d ", ["mysql", "postgresql", "sqlite"]),
        ("kgscaffold init --language ", ["typescript", "javascript"]),
        ("kgscaffold init --module-system c", ["commonjs"]),
        ("kgscaffold init --route /w", ["/webhook/kryptogo"]),
        ("kgscaffold demo --framework fl", ["flask"]),
        ("kgscaffold demo --database ", ["sqlite"]),
    ],
)
def test_tab_completes_the_values_that_work(tmp_path: Path, typed: str, values: list[str]) -> None:
    result = process(
        cwd=tmp_path,
        _KGSCAFFOLD_COMPLETE="complete_bash",
        COMP_WORDS=typed,
        COMP_CWORD=str(len(typed.split(" ")) - 1),
    )
    assert result.out.splitlines() == values


def test_matrix_tells_what_is_supported(cli: Cli) -> None:
    pairs = cli("matrix", "--json").document["combinations"]
    supported = {(pair["framework"], pair["database"]) for pair in pairs if pair["supported"]}
    databases = ("sqlite", "postgresql", "mysql")
    assert supported == set(product(("express", "fastapi", "flask", "nestjs"), databases))
    assert len(pairs) == 16
    forms = {pair["framework"]: pair["languages"] for pair in pairs if pair["supported"]}
    assert forms["express"] == [
        {"language": "typescript", "module_systems": ["esm", "commonjs"]},
        {"language": "javascript", "module_systems": ["commonjs", "esm"]},
    ]
    assert [one["language"] for one in forms["flask"]] == ["python"]
    assert forms["nestjs"] == [{"language": "typescript", "module_systems": ["esm", "commonjs"]}]
    assert cli("matrix").out.count("not yet") == 4


@pytest.mark.parametrize("command", ["init", "demo"])
def test_help_names_every_framework_that_can_be_chosen(cli: Cli, command: str) -> None:
    told = cli(command, "--help").out
    *others, last = supported_frameworks()
    assert f" {', '.join(others)} or {last}" in " ".join(told.split())
    assert "planned" not in told


def test_help_names_every_database_that_can_be_chosen_and_its_alias(cli: Cli) -> None:
    told = " ".join(cli("init", "--help").out.split())
    for record in DATABASES:
        named = f" {record.name} (alias: {record.aliases[0]})" if record.aliases else record.name
        assert (named in told) == (record.name in supported_databases())
