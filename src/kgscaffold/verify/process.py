"""The project on disk, its own commands, and the processes they become."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

STOPS_WITHIN = 40.0
_INHERITED = ("HOME", "TMPDIR", "LANG")


class Reaper(Protocol):
    """Ends what is left when this process is gone, however it ended."""

    def watch(self, pid: int) -> None:
        """End this process, too."""

    def forget(self, pid: int) -> None:
        """The process has ended; its number may be another's."""


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> str:
        """Everything it printed."""
        return self.out + self.err

    @property
    def data(self) -> Any:
        """Standard output as JSON; raises ValueError."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Project:
    """A folder with an app in it, the commands of `status --json`, and the PATH they need."""

    folder: Path
    commands: dict[str, list[str]]
    path: str
    """Folders of programs, as in PATH; the environment's first."""
    reaper: Reaper

    def environment(self, variables: dict[str, str]) -> dict[str, str]:
        """What a process of this project is started with: nothing is inherited but the needed."""
        kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        return {**kept, "PATH": self.path, "PYTHONUNBUFFERED": "1", **variables}

    def run(self, command: list[str], variables: dict[str, str], timeout: float = 120) -> Ran:
        """Run a command to its end; raises TimeoutExpired after so many seconds."""
        ran = subprocess.run(
            self._resolved(command, variables),
            cwd=self.folder,
            env=self.environment(variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=timeout,
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def start(self, command: list[str], variables: dict[str, str], log: Path) -> AppProcess:
        """Start a command that goes on; what it prints is appended to the log."""
        with log.open("ab") as output:
            process = subprocess.Popen(
                self._resolved(command, variables),
                cwd=self.folder,
                env=self.environment(variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.reaper.watch(process.pid)
        return AppProcess(process, log, self.reaper)

    def _resolved(self, command: list[str], variables: dict[str, str]) -> list[str]:
        path = self.environment(variables)["PATH"]
        return [shutil.which(command[0], path=path) or command[0], *command[1:]]


class AppProcess:
    """One run of a command of the project."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, reaper: Reaper) -> None:
        self.log = log
        self._process = process
        self._reaper = reaper

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """It has not ended."""
        return self._process.poll() is None

    def terminate(self) -> None:
        """Ask it to stop (SIGTERM), and return at once."""
        self._process.send_signal(signal.SIGTERM)

    def wait(self, timeout: float = 60) -> int:
        """Give its exit code, negative for a signal. Raises TimeoutExpired."""
        code = self._process.wait(timeout)
        self._reaper.forget(self._process.pid)
        return code

    def stop(self) -> int:
        """Ask it to stop, and wait; gives the exit code. Raises TimeoutExpired, and kills it."""
        self.terminate()
        try:
            return self.wait(STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """End it and what it has started, as a crash would (SIGKILL)."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self.wait()

    def printed(self) -> str:
        """Give its log."""
        return self.log.read_text(errors="replace")

    def resident_megabytes(self) -> float:
        """Memory in RAM as the operating system counts it, of it and what it has started."""
        listed = subprocess.run(
            ["ps", "-eo", "pgid=,rss="], capture_output=True, check=True, text=True
        ).stdout
        rows = [line.split() for line in listed.splitlines()]
        return sum(int(kilobytes) for group, kilobytes in rows if int(group) == self.pid) / 1024


def await_answer(url: str, process: AppProcess, within: float, answers: Any) -> None:
    """Return when `answers(url)` is true; raises RuntimeError with the end of the log."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline and process.running:
        if answers(url):
            return
        time.sleep(0.03)
    raise RuntimeError(f"the app did not start:\n{process.printed()[-4000:]}")
