"""Ends processes and removes folders when the process that owns them is gone, however it ended.

A helper process waits for the end of its standard input, which the operating system closes even
when the test run is killed; then it signals what is still on its list.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TextIO


class Reaper:
    """Keeps the list in the helper process; one for a test run is enough."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._helper = subprocess.Popen(
            [sys.executable, "-S", str(Path(__file__).resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def watch(self, pid: int, how: signal.Signals = signal.SIGKILL) -> None:
        """Send `how` to `pid` at the end."""
        self._tell(f"+ {int(how)} {pid}")

    def forget(self, pid: int) -> None:
        """The process has ended; its number may be used by another."""
        self._tell(f"- {pid}")

    def remove(self, folder: Path) -> None:
        """Remove the folder at the end."""
        self._tell(f"d {folder}")

    def close(self) -> None:
        """End everything on the list now; returns when it is done."""
        if self._helper.stdin is not None:
            self._helper.stdin.close()
        self._helper.wait(30)

    def _tell(self, line: str) -> None:
        if self._helper.stdin is None:
            return
        with self._lock:
            self._helper.stdin.write(line + "\n")
            self._helper.stdin.flush()


def _reap(lines: TextIO) -> None:
    pids: dict[int, int] = {}
    folders: list[str] = []
    for line in lines:
        kind, rest = line.rstrip("\n").split(" ", 1)
        if kind == "+":
            signal_number, pid_number = rest.split()
            pids[int(pid_number)] = int(signal_number)
        elif kind == "-":
            pids.pop(int(rest), None)
        else:
            folders.append(rest)
    for pid, how in pids.items():
        _signal(pid, how)
        _signal(pid, signal.SIGCONT)  # one that is stopped would not notice
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and any(_signal(pid, 0) for pid in pids):
        time.sleep(0.05)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _signal(pid: int, how: int) -> bool:
    try:
        os.kill(pid, how)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _reap(sys.stdin)
