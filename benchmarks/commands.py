"""What the commands take, each beside what it is measured against, in turns in one run.

    python -m benchmarks.commands [--rounds 9]

`--help` against a minimal typer app's, without rich's boxes as well; `status`, `update --check` and
an update with nothing to do against `--help`; `init` against `copier copy` of the same files;
reading a project with 20,000 files of others, one managed file
gone, against opening these files. All are processes of their own, with compiled modules. Prints
medians in seconds, their ratio, and that of the processor's time, which a busy machine changes
less; ends with 1 if a ratio is above its limit.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.copier_template import write_template
from kgscaffold.answers import Answers, Database, Framework
from kgscaffold.render.layers import templates_root

ANSWERS = Answers(Framework.FASTAPI, Database.SQLITE, "shop")
PROGRAMS = Path(sys.executable).parent
KGSCAFFOLD = str(PROGRAMS / "kgscaffold")
Seconds = tuple[float, float]
INIT = ["--framework", str(ANSWERS.framework), "--database", str(ANSWERS.database), "--no-input"]
HELP = [KGSCAFFOLD, "--help"]
FOLDERS, FILES = 200, 100
GONE = "README.md"
SURVEY = """
from pathlib import Path
from kgscaffold.project.loading import load_lock
from kgscaffold.project.survey import survey
root = Path("large").resolve()
lock = load_lock(root)
survey(root, lock, [file.template_path for file in lock.files])
"""
OPEN = """
import os
from kgscaffold.project.survey import survey
for folder, _, names in os.walk("large"):
    for name in names:
        with open(os.path.join(folder, name), "rb", buffering=0) as file:
            file.read(4096)
"""
MINIMAL = """
import typer
app = typer.Typer(rich_markup_mode=None)
@app.command()
def hello(name: str) -> None:
    print(f"Hello {name}")
@app.command()
def bye(name: str) -> None:
    print(f"Bye {name}")
"""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two commands to run in turns; `made` is the folder that both make, to be taken away."""

    title: str
    command: list[str]
    rival: list[str]
    limit: float
    made: str = ""


def cases() -> list[Comparison]:
    """Give what is measured; every command runs in the folder that `prepare` made."""
    copier = [str(PROGRAMS / "copier"), "copy", "--defaults", "--quiet", "template", "made"]
    typer = [sys.executable, "-c", "from minimal import app; app()", "--help"]
    return [
        Comparison("--help / a minimal typer app", HELP, typer, 1.1),
        Comparison("status / --help", [KGSCAFFOLD, "status", "shop"], HELP, 1.5),
        Comparison("update --check / --help", [KGSCAFFOLD, "update", "shop", "--check"], HELP, 1.5),
        Comparison("update / --help", [KGSCAFFOLD, "update", "shop", "--no-input"], HELP, 1.5),
        Comparison("init / copier copy", [KGSCAFFOLD, "init", "made", *INIT], copier, 1.0, "made"),
        Comparison(
            f"survey of {FOLDERS * FILES} / open them",
            [sys.executable, "-c", SURVEY],
            [sys.executable, "-c", OPEN],
            2.0,
        ),
    ]


def prepare(work: Path) -> None:
    """Make a project, one in a large folder, a template for copier, and an app of typer's."""
    (work / "minimal.py").write_text(MINIMAL, encoding="utf-8")
    for name in ("shop", "large"):
        _run([KGSCAFFOLD, "init", name, *INIT], work)
    (work / "large" / GONE).unlink()
    for folder in range(FOLDERS):
        (work / f"large/data/{folder}").mkdir(parents=True)
        for file in range(FILES):
            (work / f"large/data/{folder}/{file}.txt").write_text("x = 1\n" * 50, encoding="utf-8")
    write_template(work / "template", templates_root(), ANSWERS)


def main() -> int:
    """Measure and print every case; give 1 if one is above its limit."""
    parser = argparse.ArgumentParser(description="what the commands take")
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        prepare(work)
        within = [_compare(case, work, rounds) for case in cases()]
    return 0 if all(within) else 1


def _compare(case: Comparison, work: Path, rounds: int) -> bool:
    """Measure one case in turns, the first time for nothing; print it, tell if it keeps within."""
    runs: tuple[list[Seconds], list[Seconds]] = ([], [])
    for number in range(rounds + 1):
        for command, taken in zip((case.command, case.rival), runs, strict=True):
            seconds = _seconds(command, work)
            if number:
                taken.append(seconds)
            if case.made:
                shutil.rmtree(work / case.made)
    (clock, processor), (their_clock, their_processor) = (
        [statistics.median(seconds[kind] for seconds in taken) for kind in (0, 1)] for taken in runs
    )
    spread = ", ".join(f"{min(taken)[0]:.3f}-{max(taken)[0]:.3f}" for taken in runs)
    ratio = clock / their_clock
    sys.stdout.write(
        f"{case.title:28} {clock:.3f} / {their_clock:.3f} s = {ratio:.2f}, processor"
        f" {processor / their_processor:.2f}  (at most {case.limit}; {spread})\n"
    )
    sys.stdout.flush()
    return ratio <= case.limit


def _seconds(command: list[str], work: Path) -> Seconds:
    """Give what a command takes: by the clock, and of the processor."""
    before, start = os.times(), time.perf_counter()
    _run(command, work)
    clock, after = time.perf_counter() - start, os.times()
    user = after.children_user - before.children_user
    return clock, user + after.children_system - before.children_system


def _run(command: list[str], work: Path) -> None:
    variables = {name: value for name, value in os.environ.items() if name not in _UNCOMPILED}
    done = subprocess.run(
        command,
        cwd=work,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")


# Set where images are built; nobody who uses the command has it.
_UNCOMPILED = {"PYTHONDONTWRITEBYTECODE"}


if __name__ == "__main__":
    sys.exit(main())
