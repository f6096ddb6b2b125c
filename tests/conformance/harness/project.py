"""A scaffolded shop on disk, and its own commands."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kgscaffold.verify.process import Project
from tests.conformance.harness.installation import environment_for, program_path
from tests.releases.upgraded import UPGRADE_VARIABLE, upgraded

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.harness.stacks import Stack
    from tests.servers.reaper import Reaper


def migrate(project: Project, url: str) -> None:
    """Bring the database at `url` to the newest schema. Raises RuntimeError."""
    ran = project.run(project.commands["migrate"], {"DATABASE_URL": url})
    if ran.code != 0:
        raise RuntimeError(f"migrate failed:\n{ran.told}")


def build(project: Project) -> None:
    """Build what is built in that language. Raises RuntimeError."""
    if command := project.commands.get("build"):
        ran = project.run(command, {})
        if ran.code != 0:
            raise RuntimeError(f"{' '.join(command)} failed:\n{ran.told}")


def copied(project: Project, folder: Path) -> Project:
    """The same project in another folder, sharing the environment."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(project.folder, folder, symlinks=True, ignore=ignored)
    return replace(project, folder=folder)


def scaffold(
    stack: Stack, folder: Path, reaper: Reaper, edit: Callable[[Path], None] | None = None
) -> Project:
    """What `kgscaffold init` writes for this stack, changed by `edit`, and installed.

    With KGSCAFFOLD_TEST_UPGRADE_FROM it is a shop of that version, edited and then updated.
    """
    version = os.environ.get(UPGRADE_VARIABLE)
    if version:
        upgraded(version, stack.name, folder)
    else:
        _kgscaffold("init", str(folder), *stack.flags, "--no-input", "--yes")
    status = json.loads(_kgscaffold("status", str(folder), "--json"))
    commands: dict[str, list[str]] = status["commands"]
    if edit is not None:
        edit(folder)
    programs = environment_for(stack.name, commands["install"], folder)
    return Project(folder, commands, program_path(programs), reaper)


def _kgscaffold(*arguments: str) -> str:
    program = Path(sys.executable).parent / "kgscaffold"
    command = [str(program) if program.exists() else "kgscaffold", *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if ran.returncode != 0:
        raise RuntimeError(
            f"{' '.join(command)} gave {ran.returncode}:\n{ran.stdout}\n{ran.stderr}"
        )
    return ran.stdout
