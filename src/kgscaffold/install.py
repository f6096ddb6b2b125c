"""Install a generated project's dependencies into an environment of its own."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from kgscaffold.errors import InterruptedCommandError, PersonNeededError
from kgscaffold.languages.model import Command

ENVIRONMENT = ".venv"


def install(root: Path, environment: Command, command: Command, *, quiet: bool = False) -> None:
    """Run the two commands in the project; their output goes to standard error, unless `quiet`.

    Raises PersonNeededError, with the command to repeat, if one fails, and InterruptedCommandError
    for Ctrl-C: the project stays.
    """
    variables = os.environ | {"VIRTUAL_ENV": str(root / ENVIRONMENT)}
    variables["PATH"] = f"{root / ENVIRONMENT / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    if environment and not (root / ENVIRONMENT).exists():
        _run(root, (sys.executable, *environment[1:]), dict(os.environ), quiet=quiet)
    _run(root, command, variables, quiet=quiet)


def _run(root: Path, command: Command, variables: dict[str, str], *, quiet: bool) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=root,
            env=variables,
            stdout=subprocess.PIPE if quiet else sys.stderr,
            stderr=subprocess.STDOUT if quiet else None,
            text=True,
            errors="backslashreplace",
            check=False,
        )
    except OSError as error:
        raise _failed(command, str(error)) from error
    except KeyboardInterrupt:
        raise InterruptedCommandError(
            f"the project is written, but not installed. In its folder, run: {shlex.join(command)}"
        ) from None
    if done.returncode:
        told = done.stdout if quiet else ""
        raise _failed(command, f"exit status {done.returncode}", told)


def _failed(command: Command, reason: str, told: str = "") -> PersonNeededError:
    return PersonNeededError(
        f"the project is written, but installing it failed ({reason})",
        hint=f"{told}In its folder, run: {shlex.join(command)}",
    )
