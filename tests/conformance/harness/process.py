"""A process of the shop: started, awaited, asked to stop, killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx

from tests.servers.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conformance.harness.project import Project
    from tests.servers.reaper import Reaper

STARTS_WITHIN = 30.0


class AppProcess:
    """One run of a command of the project; what it prints goes to the log file."""

    def __init__(
        self,
        project: Project,
        command: list[str],
        variables: dict[str, str],
        log: Path,
        reaper: Reaper,
    ) -> None:
        self.log = log
        self._reaper = reaper
        env = project.environment(variables)
        program = shutil.which(command[0], path=env["PATH"]) or command[0]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [program, *command[1:]],
                cwd=project.folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        reaper.watch(self._process.pid)

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
        """Its exit code, negative for a signal. Raises TimeoutExpired."""
        code = self._process.wait(timeout)
        self._reaper.forget(self._process.pid)
        return code

    def stop(self) -> int:
        """Ask it to stop, and wait; gives the exit code."""
        self.terminate()
        try:
            return self.wait(40)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """End it, and the processes it has started, as a crash would (SIGKILL)."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self.wait()

    def resident_megabytes(self) -> float:
        """Memory in RAM as the operating system counts it, with the processes it has started."""
        asked = ["ps", "-o", "rss=", "-s", str(self.pid)]
        told = subprocess.run(asked, capture_output=True, check=True).stdout
        return sum(map(int, told.split())) / 1024


class WebProcess(AppProcess):
    """The start command, or another one, on a port of its own."""

    def __init__(
        self,
        project: Project,
        variables: dict[str, str],
        log: Path,
        reaper: Reaper,
        command: list[str] | None = None,
    ) -> None:
        self.port = int(variables.get("PORT") or free_port())
        self.url = f"http://127.0.0.1:{self.port}"
        address = {"PORT": str(self.port), "HOST": "127.0.0.1"}
        start = command or project.commands["start"]
        super().__init__(project, start, {**variables, **address}, log, reaper)

    def await_ready(self) -> None:
        """Return when /healthz answers 200. Raises RuntimeError with the end of the log."""
        deadline = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < deadline and self.running:
            try:
                if httpx.get(f"{self.url}/healthz", timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.03)
        raise RuntimeError(f"the app did not start:\n{self.log.read_text()[-4000:]}")
