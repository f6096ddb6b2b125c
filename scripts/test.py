"""Run every check and every test: `python3 scripts/test.py [ARGUMENT OF PYTEST]...`.

Installs what they need first, the servers' programs included. A path among the arguments replaces
the layers; the last lines are pytest's own. `--cell NAME` proves one combination and nothing else.
"""

from __future__ import annotations

import subprocess
import sys
import time

from bootstrap import ROOT, Bootstrap, say

CHECKED = ("src", "tests", "scripts", "benchmarks")
CHECKS = {
    "format": ["ruff", "format", "--check", *CHECKED],
    "lint": ["ruff", "check", *CHECKED],
    "types": ["mypy", "--strict", *CHECKED],
}
SIDE_BY_SIDE = ("unit", "simulator", "cli", "snapshots", "merge", "releases", "servers")
"""Layers whose tests run in two processes at once."""
ALONE = ("demo", "conformance", "hosts")
"""Layers that keep both cores busy by themselves."""


def of_cells(arguments: list[str]) -> list[str]:
    """Give pytest's arguments: `--cell NAME` (repeatable) becomes the rules on that stack."""
    if "--cell" not in arguments:
        return arguments
    rules = ["tests/conformance/test_rules.py"]
    return rules + ["--stack" if one == "--cell" else one for one in arguments]


def pytest_commands(arguments: list[str]) -> list[list[str]]:
    """Give the pytest runs of all layers, or the one of what the arguments name."""
    command = ["pytest", "-p", "scripts.layers"]
    if any((ROOT / argument.partition("::")[0]).exists() for argument in arguments):
        return [[*command, *arguments]]
    first, then = ([f"tests/{name}" for name in layers] for layers in (SIDE_BY_SIDE, ALONE))
    return [[*command, "-n", "2", *first, *arguments], [*command, *then, *arguments]]


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
    codes = [run("tests", command) for command in pytest_commands(arguments)]
    if failed:
        say(f"FAILED besides the tests: {', '.join(failed)}")
    return max(codes) or (1 if failed else 0)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
