"""`kgscaffold init` and `undo`, killed for real at random moments while they write."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from tests.cli.running import Cli
from tests.unit.trees import read_tree

# Renders, tells that it is about to write, and then writes as `init` does.
WRITE = """
from pathlib import Path
from kgscaffold.answers import Answers, Database, Framework
from kgscaffold.scaffold import check_folder, plan_project, write_plan

root = Path("a/shop").resolve()
check_folder(root)
plan = plan_project(root, Answers(Framework.FASTAPI, Database.SQLITE, "shop"))
print("ready", flush=True)
write_plan(root, plan)
"""
UNDO = """
from pathlib import Path
from kgscaffold.apply import undo

print("ready", flush=True)
undo(Path("a/shop").resolve())
"""


def run_and_kill(script: str, work: Path, after: float | None) -> float:
    """Run a script, kill it `after` seconds from when it is ready; give how long it took."""
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=work, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        began = time.perf_counter()
        if after is not None:
            time.sleep(after)
            process.kill()
        process.wait()
        return time.perf_counter() - began


def test_a_sigkill_leaves_nothing_or_what_undo_takes_back(cli: Cli, work: Path) -> None:
    chance = random.Random(20)
    whole = run_and_kill(WRITE, work, None)
    assert cli("undo", "a/shop", "--yes").code == 0
    kills = partial = 0
    while kills < 20 or partial < 4:
        assert kills < 200, "none of the kills came in the middle"
        kills += 1
        run_and_kill(WRITE, work, chance.uniform(0, whole))
        tree = read_tree(work)
        partial += bool(tree) and "a/shop/.kgscaffold/undo/1/done" not in tree
        assert cli("undo", "a/shop", "--yes").code == (0 if tree else 5)
        assert read_tree(work) == {}


def test_a_killed_undo_is_finished_by_the_next(cli: Cli, work: Path) -> None:
    chance = random.Random(21)
    run_and_kill(WRITE, work, None)
    whole = run_and_kill(UNDO, work, None)
    for _ in range(10):
        run_and_kill(WRITE, work, None)
        run_and_kill(UNDO, work, chance.uniform(0, whole))
        cli("undo", "a/shop", "--yes")
        assert read_tree(work) == {}
