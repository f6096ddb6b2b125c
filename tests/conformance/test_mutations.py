"""The tests can fail: each remedy taken away makes the test of its trap fail."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conformance.mutations import MUTATION_VARIABLE, MUTATIONS

ROOT = Path(__file__).parents[2]


@pytest.mark.mutation
@pytest.mark.parametrize("name", MUTATIONS)
def test_without_the_remedy_the_trap_is_noticed(name: str) -> None:
    mutation = MUTATIONS[name]
    path, _, test = mutation.test.partition("::")
    options = ["--stack", mutation.stack, "-k", test, "-q", "-p", "no:cacheprovider"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", path, *options],
        cwd=ROOT,
        env={**_without_xdist(), MUTATION_VARIABLE: name},
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    ended = re.search(r"\b1 (failed|error)\b", ran.stdout.splitlines()[-1])
    assert ended is not None, ran.stdout
    assert ended.group(1) == ("error" if mutation.says else "failed"), ran.stdout
    assert mutation.says in ran.stdout


def _without_xdist() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if "XDIST" not in name}
