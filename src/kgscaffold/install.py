"""Install a generated project's dependencies into an environment of its own."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from kgscaffold.errors import PersonNeededError
from kgscaffold.stacks.model import Command

ENVIRONMENT = ".venv"


def install(root: Path, environment: Command, command: Command) -> None:
    """Run the two commands in the project; their output goes to standard error.

    Raises PersonNeededError, with the command to repeat, if one fails: the project stays.
    """
    variables = os.environ | {"VIRTUAL_ENV": str(root / ENVIRONMENT)}
    variables["PATH"] = f"{root / ENVIRONMENT / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    if not (root / ENVIRONMENT).exists():
        _run(root, (sys.executable, *environment[1:]), dict(os.environ))
    _run(root, command, variables)


def _run(root: Path, command: Command, variables: dict[str, str]) -> None:
    try:
        code = subprocess.run(
            command, cwd=root, env=variables, stdout=sys.stderr, check=False
        ).returncode
    except OSError as error:
        raise _failed(command, str(error)) from error
    if code:
        raise _failed(command, f"exit status {code}")


def _failed(command: Command, reason: str) -> PersonNeededError:
    return PersonNeededError(
        f"the project is written, but installing it failed ({reason})",
        hint=f"In its folder, run: {shlex.join(command)}",
    )
