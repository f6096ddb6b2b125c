"""The simulator as a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from kgscaffold.simulator import API_KEY, CLIENT_ID
from kgscaffold.simulator.client import SimulatorClient, SimulatorError

if TYPE_CHECKING:
    from collections.abc import Iterator

_START_TIMEOUT = 20.0
_END_TIMEOUT = 5.0


@contextmanager
def running_simulator(
    *,
    seed: int = 1,
    port: int = 0,
    client_id: str = CLIENT_ID,
    api_key: str = API_KEY,
) -> Iterator[SimulatorClient]:
    """Start a simulator, give its client, and end it, however the block or this process ends.

    Port 0 takes a free one. Raises SimulatorError with the process's own words when it does not
    start.
    """
    command = [sys.executable, "-m", "kgscaffold", "simulate", "--json", "-q"]
    command += ["--exit-with-input", "--seed", str(seed), "--port", str(port)]
    command += ["--client-id", client_id, "--api-key", api_key]
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
        try:
            url = _announced_url(process, errors)
            with SimulatorClient(url, client_id=client_id, api_key=api_key) as client:
                yield client
        finally:
            _end(process)


def _announced_url(process: subprocess.Popen[str], errors: IO[str]) -> str:
    watchdog = threading.Timer(_START_TIMEOUT, process.kill)
    watchdog.start()
    try:
        line = process.stdout.readline() if process.stdout else ""
    finally:
        watchdog.cancel()
    try:
        url: str = json.loads(line)["url"]
    except ValueError as error:  # no line at all, or the first of what is said of an error
        process.wait()
        errors.seek(0)
        told = errors.read().strip()
        raise SimulatorError(f"the simulator did not start: {told}") from error
    return url


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_END_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
