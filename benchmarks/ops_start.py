"""How long a command of the generated shop takes, beside importing what it cannot do without.

    python benchmarks/ops_start.py [--rounds 15]

A rendered SQLite shop with one payment. In each round, in turn, as processes of their own:
importing SQLAlchemy as the shop does (`sqlalchemy.ext.asyncio`), importing its core alone, and
the commands that only read. Prints medians of the processor time (it does not depend on what else
the machine does) and of the wall's, in ms, with ratios; ends with 1 where a command takes over
1.5 x the processor time of the import.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from kgscaffold.answers import Answers, Database, Framework
from kgscaffold.plan.changes import prepare
from kgscaffold.plan.initial import plan_init
from kgscaffold.render import render
from kgscaffold.scaffold import write_plan

LIMIT = 1.5
IMPORT = "import sqlalchemy.ext.asyncio"
OPS = [sys.executable, "-m", "app.kryptogo"]
REGISTER = [*OPS, "register", "--intent", "pi", "--order", "o"]
AMOUNT = ["--amount", "300", "--currency", "TWD"]
CASES = {
    IMPORT: [sys.executable, "-c", IMPORT],
    "import sqlalchemy": [sys.executable, "-c", "import sqlalchemy"],
    "show pi --json": [*OPS, "show", "pi", "--json"],
    "show pi": [*OPS, "show", "pi"],
    "list": [*OPS, "list"],
    "review list": [*OPS, "review", "list"],
}


def main() -> int:
    """Measure and print; give 1 if a command is slower than allowed."""
    parser = argparse.ArgumentParser(description="the start-up of the shop's commands")
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        shop = _shop(Path(name))
        taken: dict[str, list[tuple[float, float]]] = {case: [] for case in CASES}
        for _ in range(rounds):
            for case, command in CASES.items():
                taken[case].append(_run(command, shop))
    medians = {
        case: [1000 * statistics.median(column) for column in zip(*times, strict=True)]
        for case, times in taken.items()
    }
    processor, wall = medians[IMPORT]
    for case, (used, passed) in medians.items():
        ratios = f"{used / processor:5.2f} x  {passed / wall:5.2f} x"
        sys.stdout.write(f"{case:32} {used:6.0f} {passed:6.0f}  {ratios}\n")
    slowest = max(used for case, (used, _) in medians.items() if not case.startswith("import"))
    return 1 if slowest > LIMIT * processor else 0


def _shop(folder: Path) -> Path:
    answers = Answers(Framework.FASTAPI, Database.SQLITE, "shop")
    write_plan(folder, prepare(plan_init(answers, render(answers)), folder))
    (folder / ".env.example").rename(folder / ".env")
    for command in ([sys.executable, "-m", "alembic", "upgrade", "head"], [*REGISTER, *AMOUNT]):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


def _run(command: list[str], folder: Path) -> tuple[float, float]:
    """The processor's and the wall's seconds of one run."""
    began = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    passed = time.perf_counter() - began
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with {status}")
    process.returncode = 0
    return used.ru_utime + used.ru_stime, passed


if __name__ == "__main__":
    raise SystemExit(main())
