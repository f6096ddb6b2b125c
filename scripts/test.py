"""Run every check and every test: `python3 scripts/test.py [ARGUMENT OF PYTEST]...`.

Installs what they need first, the servers' programs included. A path among the arguments replaces
the layers; the last lines are pytest's own. `--cell NAME` proves one combination and nothing else.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from bootstrap import ROOT, Bootstrap, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHECKED = ("src", "tests", "scripts", "benchmarks")
CHECKS = {
    "format": ["ruff", "format", "--check", *CHECKED],
    "lint": ["ruff", "check", *CHECKED],
    "types": ["mypy", "--strict", *CHECKED],
}
SIDE_BY_SIDE = ("simulator", "cli", "releases", "servers")
"""Layers whose tests run in two processes at once."""
ALONE = ("demo", "conformance", "hosts")
"""Layers that start servers and measure: they come first on both cores."""
BENEATH = ("unit", "snapshots", "merge")
"""Layers that only compute: meanwhile they take what those leave of the processor."""


def of_cells(arguments: list[str]) -> list[str]:
    """Give pytest's arguments: `--cell NAME` (repeatable) becomes the rules on that stack."""
    if "--cell" not in arguments:
        return arguments
    rules = ["tests/conformance/test_rules.py"]
    return rules + ["--stack" if one == "--cell" else one for one in arguments]


PYTEST = ["pytest", "-p", "scripts.layers"]


def is_of_paths(arguments: list[str]) -> bool:
    """Say whether the arguments name what is to be tested."""
    return any((ROOT / argument.partition("::")[0]).exists() for argument in arguments)


def layers(*names: str) -> list[str]:
    """Give the folders of layers."""
    return [f"tests/{name}" for name in names]


@contextmanager
def beneath(command: list[str], variables: dict[str, str]) -> Iterator[Callable[[], int]]:
    """Run a command that gives way to all others; what it prints is shown when it has ended.

    Gives what waits for that, and gives its exit code. It is ended with the block.
    """
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=give_way,
    )

    def show() -> None:
        printed, _ = process.communicate()
        say(f"\n=== tests, meanwhile: {' '.join(command[2:])} ===\n{printed.decode()}")

    showing = Thread(target=show)
    showing.start()

    def finish() -> int:
        showing.join()
        return process.returncode

    try:
        yield finish
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)


def give_way() -> None:
    """Have this process, and its session where sessions share the processor, come last."""
    os.nice(19)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text("19")


def main() -> int:
    """Run everything and give the exit code: 0 when all of it passed."""
    bootstrap = Bootstrap(extras="dev")
    variables = bootstrap.prepare()
    bootstrap.provide_mariadb()
    python = str(bootstrap.programs / "python")

    def run(title: str, command: list[str]) -> int:
        say(f"\n=== {title}: {' '.join(command)} ===")
        begin = time.monotonic()
        code = subprocess.run(
            [python, "-m", *command], cwd=ROOT, env=variables, check=False
        ).returncode
        if title in CHECKS:
            outcome = "FAILED" if code else "passed"
            say(f"{title}: {outcome} in {time.monotonic() - begin:.0f} s")
        return code

    arguments = of_cells(sys.argv[1:])
    checks = CHECKS if arguments == sys.argv[1:] else {}
    failed = [title for title, command in checks.items() if run(title, command)]
    if is_of_paths(arguments):
        codes = [run("tests", [*PYTEST, *arguments])]
    else:
        codes = [run("tests", [*PYTEST, "-n", "2", *layers(*SIDE_BY_SIDE), *arguments])]
        computing = [python, "-m", *PYTEST, *layers(*BENEATH), *arguments]
        with beneath(computing, variables) as finish:
            codes.append(run("tests", [*PYTEST, *layers(*ALONE), *arguments]))
            codes.append(finish())
    if failed:
        say(f"FAILED besides the tests: {', '.join(failed)}")
    return max(codes) or (1 if failed else 0)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
