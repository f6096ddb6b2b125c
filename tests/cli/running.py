"""Run the command line: in this process, and as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kgscaffold.cli.main import run

COMMAND = [sys.executable, "-c", "from kgscaffold.cli.main import main; main()"]
INIT = ["--framework", "fastapi", "--database", "sqlite"]


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Cli:
    """Runs command lines in this process, with nothing on standard input."""

    capture: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Result:
        self.capture.readouterr()
        code = run(arguments)
        captured = self.capture.readouterr()
        return Result(code, captured.out, captured.err)


def process(*arguments: str, cwd: Path, **variables: str) -> Result:
    """Run a command line as a process, with nothing on standard input."""
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=cwd,
        env=os.environ | variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)
