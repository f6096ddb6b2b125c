"""A scaffolded shop on disk, and its own commands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.conformance.harness.installation import environment_for, program_path
from tests.releases.upgraded import UPGRADE_VARIABLE, upgraded

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.harness.stacks import Stack


@dataclass(frozen=True)
class Ran:
    """How an ops command ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Project:
    """A folder with a shop in it, the commands `status --json` gives, and where `python` is."""

    folder: Path
    commands: dict[str, list[str]]
    programs: Path

    def environment(self, variables: dict[str, str]) -> dict[str, str]:
        """What a process of this project is started with: nothing is inherited but the needed."""
        kept = {name: os.environ[name] for name in ("HOME", "TMPDIR", "LANG") if name in os.environ}
        own = {"PATH": program_path(self.programs), "PYTHONUNBUFFERED": "1"}
        return {**kept, **own, **variables}

    def run(self, command: list[str], variables: dict[str, str], timeout: float = 60) -> Ran:
        """Run a command to its end."""
        env = self.environment(variables)
        program = shutil.which(command[0], path=env["PATH"]) or command[0]
        ran = subprocess.run(
            [program, *command[1:]],
            cwd=self.folder,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def migrate(self, url: str) -> None:
        """Bring the database at `url` to the newest schema."""
        ran = self.run(self.commands["migrate"], {"DATABASE_URL": url})
        if ran.code != 0:
            raise RuntimeError(f"migrate failed:\n{ran.out}\n{ran.err}")

    def copy(self, folder: Path) -> Project:
        """The same project in another folder, sharing the environment."""
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("__pycache__"))
        return Project(folder, self.commands, self.programs)


def scaffold(stack: Stack, folder: Path, edit: Callable[[Path], None] | None = None) -> Project:
    """What `kgscaffold init` writes for this stack, changed by `edit`, and installed.

    With KGSCAFFOLD_TEST_UPGRADE_FROM it is a shop of that version, edited and then updated.
    """
    version = os.environ.get(UPGRADE_VARIABLE)
    if version:
        upgraded(version, stack.framework, stack.database, folder)
    else:
        flags = ["--framework", stack.framework, "--database", stack.database]
        _kgscaffold("init", str(folder), *flags, "--no-input", "--yes")
    status = json.loads(_kgscaffold("status", str(folder), "--json"))
    commands: dict[str, list[str]] = status["commands"]
    if edit is not None:
        edit(folder)
    programs = environment_for(stack.name, commands["install"], folder)
    return Project(folder, commands, programs)


def _kgscaffold(*arguments: str) -> str:
    program = Path(sys.executable).parent / "kgscaffold"
    command = [str(program) if program.exists() else "kgscaffold", *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if ran.returncode != 0:
        raise RuntimeError(
            f"{' '.join(command)} gave {ran.returncode}:\n{ran.stdout}\n{ran.stderr}"
        )
    return ran.stdout
