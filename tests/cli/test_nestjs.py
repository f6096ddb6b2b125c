"""NestJS: the module system decides which release the project is written for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kgscaffold.state.lock import read_lock
from tests.cli.running import Cli

INIT = ("init", "shop", "-f", "nestjs", "-d", "postgresql", "--yes")


@pytest.mark.parametrize(
    ("flags", "system", "release", "runner"),
    [
        ([], "esm", 12, "vitest run"),
        (["--module-system", "commonjs"], "commonjs", 11, "jest"),
    ],
)
def test_the_module_system_decides_the_release_and_its_test_runner(
    cli: Cli, work: Path, flags: list[str], system: str, release: int, runner: str
) -> None:
    told = cli(*INIT, *flags)
    assert told.code == 0
    assert f"nestjs {release} with postgresql, in typescript ({system}), into shop" in told.err
    answers = read_lock((work / "shop/.kgscaffold/lock.json").read_bytes()).answers
    assert answers.module_system == system
    manifest = json.loads((work / "shop/package.json").read_text())
    of_nest = ("@nestjs/common", "@nestjs/core", "@nestjs/platform-express", "@nestjs/typeorm")
    for name in of_nest:
        assert manifest["dependencies"][name].startswith(f"^{release}."), name
    assert manifest["devDependencies"]["@nestjs/cli"].startswith(f"^{release}.")
    assert manifest["scripts"]["test"] == runner
    runners = {"jest", "vitest"} & set(manifest["devDependencies"])
    assert runners == {runner.split()[0]}
    assert cli("update", "shop", "--check").code == 0
