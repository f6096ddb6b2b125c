"""The programs the demo runs: each in a process group of its own, all of them ended."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kgscaffold.demo.interrupts import Interrupts

_GRACE = 8.0  # seconds a process has to end by itself


class CommandFailedError(Exception):
    """A program could not be run, or ended with an error; the text says which and how."""


class Processes:
    """Runs programs in one folder with one environment; a context manager that ends them."""

    def __init__(self, folder: Path, environment: Mapping[str, str], interrupts: Interrupts):
        self._folder = folder
        self._environment = dict(environment)
        self._interrupts = interrupts
        self._running: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._interrupts.deferred():
            for process in self._running:
                _signal_group(process, signal.SIGTERM)
            deadline = time.monotonic() + _GRACE
            for process in self._running:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.0, deadline - time.monotonic()))
                _signal_group(process, signal.SIGKILL)
                process.wait()

    def configure(self, variables: Mapping[str, str]) -> None:
        """Give these variables, too, to every program started from now on."""
        self._environment.update(variables)

    def start(self, command: Sequence[str], log: Path) -> subprocess.Popen[str]:
        """Start a program that goes on; what it prints is appended to `log`."""
        with log.open("a") as output:
            return self._begin(command, output.fileno(), output.fileno())

    def run(self, command: Sequence[str], log: Path) -> None:
        """Run a program to its end; what it prints is appended to `log`.

        Raises CommandFailedError.
        """
        process = self.start(command, log)
        self._await(process, command)

    def output(self, command: Sequence[str], log: Path) -> str:
        """Run a program to its end and give its standard output; errors are appended to `log`.

        Raises CommandFailedError.
        """
        with log.open("a") as errors:
            process = self._begin(command, subprocess.PIPE, errors.fileno())
        text, _ = process.communicate()
        self._await(process, command)
        return text

    def _begin(self, command: Sequence[str], stdout: int, stderr: int) -> subprocess.Popen[str]:
        program = shutil.which(command[0], path=self._environment.get("PATH")) or command[0]
        with self._interrupts.deferred():
            try:
                process = subprocess.Popen(
                    [program, *command[1:]],
                    cwd=self._folder,
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=stdout,
                    stderr=stderr,
                    text=True,
                    start_new_session=True,
                )
            except OSError as error:
                raise CommandFailedError(f"{command[0]}: {error.strerror}") from error
            self._running.append(process)
        return process

    def _await(self, process: subprocess.Popen[str], command: Sequence[str]) -> None:
        status = process.wait()
        self._running.remove(process)
        if status:
            raise CommandFailedError(f"{shlex.join(command)}: exit status {status}")


def _signal_group(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
