"""Express: a language and a module system are chosen, and Node is what runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kgscaffold.state.lock import read_lock
from tests.cli.running import Cli

INIT = ("init", "shop", "-f", "express", "-d", "sqlite")


def test_without_a_language_it_is_named_with_a_command_that_would_do(cli: Cli, work: Path) -> None:
    result = cli(*INIT, "--no-input")
    assert result.code == 2
    assert "there is no --language" in result.err
    assert "--framework express --database sqlite --language typescript --yes" in result.err
    assert list(work.iterdir()) == []


@pytest.mark.parametrize(
    ("flags", "form"),
    [
        (["--yes"], ("typescript", "esm")),
        (["--language", "typescript", "--no-input"], ("typescript", "esm")),
        (["--language", "JavaScript", "--no-input"], ("javascript", "commonjs")),
        (["--language", "javascript", "--module-system", "esm", "--yes"], ("javascript", "esm")),
        (["--module-system", "commonjs", "--yes"], ("typescript", "commonjs")),
    ],
)
def test_the_form_is_what_was_chosen_or_the_usual_one(
    cli: Cli, work: Path, flags: list[str], form: tuple[str, str]
) -> None:
    assert cli(*INIT, *flags).code == 0
    answers = read_lock((work / "shop/.kgscaffold/lock.json").read_bytes()).answers
    assert (answers.language, answers.module_system) == form
    assert answers.module == "src/kryptogo"
    manifest = json.loads((work / "shop/package.json").read_text())
    assert manifest["type"] == {"esm": "module", "commonjs": "commonjs"}[form[1]]
    suffix = {"typescript": "ts", "javascript": "js"}[form[0]]
    assert (work / f"shop/src/kryptogo/core/route.{suffix}").exists()
    assert ("build" in cli("status", "shop", "--json").document["commands"]) == (suffix == "ts")
    assert cli("update", "shop", "--check").code == 0


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--language", "rust"], "--language 'rust': with express it is typescript or javascript"),
        (["--language", ""], "--language ''"),
        (
            ["--language", "javascript", "--module-system", "package"],
            "--module-system 'package': with JavaScript it is commonjs or esm",
        ),
        (["--module", "src/kryptogo/core"], "must be FOLDER/NAME"),
        (["--module", "dist/kryptogo"], "a name the shop itself uses"),
        (["-f", "flask", "--language", "typescript"], "--language 'typescript': with flask it is"),
        (["-f", "flask", "--module-system", "esm"], "--module-system 'esm': with Python it is"),
        (["-f", "flask", "--module", "src/my-pay"], "two Python identifiers"),
    ],
)
def test_what_the_framework_cannot_have_is_refused(
    cli: Cli, work: Path, flags: list[str], told: str
) -> None:
    result = cli(*INIT, "--yes", *flags)
    assert result.code == 2
    assert told in result.err
    assert list(work.iterdir()) == []


def test_a_module_moves_by_the_rule_of_its_language(cli: Cli, work: Path) -> None:
    assert cli(*INIT, "--yes", "--module", "src/pay-ments").code == 0
    assert "must be FOLDER/NAME" in cli("update", "shop", "--set", "module=a/b/c").err
    assert cli("update", "shop", "--set", "module=src/payments", "--no-input").code == 0
    assert (work / "shop/src/payments/core/route.ts").exists()
    assert "./payments/index.js" in (work / "shop/src/app.ts").read_text()


def test_a_node_that_is_missing_is_said_and_the_files_are_written(
    cli: Cli, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(work))
    result = cli(*INIT, "--yes")
    assert result.code == 0
    assert "There is no Node here, and the project needs 22.13 or later" in result.err
    assert (work / "shop/package.json").exists()
    assert "Node" not in cli("init", "other", "-f", "flask", "-d", "sqlite", "--yes").err


@pytest.mark.parametrize(
    ("lock", "ops", "install"),
    [
        ("package-lock.json", ["npm", "run", "--silent", "kryptogo", "--"], "npm install"),
        ("pnpm-lock.yaml", ["pnpm", "run", "--silent", "kryptogo"], "pnpm install"),
        ("yarn.lock", ["yarn", "run", "kryptogo"], "yarn install"),
    ],
)
def test_commands_are_those_of_the_manager_whose_lock_file_is_there(
    cli: Cli, work: Path, lock: str, ops: list[str], install: str
) -> None:
    assert cli(*INIT, "--yes").code == 0
    (work / "shop" / lock).touch()
    commands = cli("status", "shop", "--json").document["commands"]
    assert commands["ops"] == ops
    assert " ".join(commands["install"]) == install
    assert commands["start"][0] == "node"


def test_the_next_steps_install_build_migrate_and_start(cli: Cli) -> None:
    steps = cli(*INIT, "--yes", "--json").document["next"]
    assert steps[:6] == [
        "cd shop",
        "npm install",
        "npm run build",
        "cp .env.example .env",
        "npm run --silent migrate",
        "node --env-file-if-exists=.env dist/server.js",
    ]
    flags = ("--language", "javascript", "--yes", "--json")
    steps = cli("init", "other", *INIT[2:], *flags).document["next"]
    assert steps[2] == "cp .env.example .env"
    assert "node --env-file-if-exists=.env src/server.js" in steps
