"""`kgscaffold update` and `copier update` side by side, on the same files, in one run.

    python -m benchmarks.update_vs_copier [--rounds 7]

Twice: nothing to do, and one file edited by the user and changed by the templates. Both programs
run as processes of their own, in turn, each on a fresh copy of its project; both render the real
templates (copier: the layers assembled into one git template with two tags). Prints medians in
seconds and their ratio, and ends with 1 if a ratio is above 0.5.
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
from pathlib import Path

from benchmarks.copier_template import write_template
from kgscaffold.answers import Answers, Database, Framework
from kgscaffold.plan.changes import prepare
from kgscaffold.plan.initial import plan_init
from kgscaffold.render import render
from kgscaffold.render.layers import templates_root
from kgscaffold.scaffold import write_plan

ANSWERS = Answers(Framework.FASTAPI, Database.SQLITE, "shop")
LIMIT = 0.5
TEMPLATE = "python/core/{{ module_path }}/core/settle.py"
FILE = "app/kryptogo/core/settle.py"
BEFORE = "\n\n# A line that the next release drops.\n"
EDIT = "\nMINE = 1  # the user's own\n"
PROGRAMS = Path(sys.executable).parent
NOBODY = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
KGSCAFFOLD = [str(PROGRAMS / "kgscaffold"), "update", "--no-input"]
COPIER = [str(PROGRAMS / "copier"), "update", "--defaults", "--quiet"]


def main() -> int:
    """Measure both cases and print them; give 1 if one is slower than allowed."""
    parser = argparse.ArgumentParser(description="kgscaffold update against copier update")
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        older = _older_templates(work)
        _make_copier_template(work, older)
        cases = {"nothing to do": (templates_root(), ""), "one edited file": (older, EDIT)}
        worst = max(_compare(work, title, *case, rounds=rounds) for title, case in cases.items())
    return 1 if worst > LIMIT else 0


def _older_templates(work: Path) -> Path:
    older = work / "older"
    shutil.copytree(templates_root(), older)
    with (older / TEMPLATE).open("a", encoding="utf-8") as file:
        file.write(BEFORE)
    return older


def _make_copier_template(work: Path, older: Path) -> None:
    """Give copier both releases as one git template that asks what we have answers for."""
    template = work / "template"
    for version, templates in (("1.0.0", older), ("2.0.0", templates_root())):
        assembled = work / version
        write_template(assembled, templates, ANSWERS)
        answers = assembled / "{{ _copier_conf.answers_file }}.jinja"
        answers.write_text("{{ _copier_answers|to_nice_yaml }}", encoding="utf-8")
        shutil.copytree(assembled, template, dirs_exist_ok=True)
        _git(template, "init", "-q")
        _git(template, "add", "-A")
        _git(template, "commit", "-qm", version)
        _git(template, "tag", version)


def _compare(work: Path, title: str, templates: Path, edit: str, *, rounds: int) -> float:
    """Measure one case in turns; print and give the ratio of the medians."""
    ours, theirs = work / f"ours {title}", work / f"theirs {title}"
    plan = plan_init(ANSWERS, render(ANSWERS, templates))
    earlier = plan._replace(lock=plan.lock._replace(tool="0.1.0"))
    write_plan(ours, prepare(earlier, ours))
    version = "2.0.0" if templates == templates_root() else "1.0.0"
    copy = [COPIER[0], "copy", "--defaults", "--quiet", "--vcs-ref", version]
    _run([*copy, str(work / "template"), str(theirs)])
    _git(theirs, "init", "-q")
    for project in (ours, theirs):
        text = (project / FILE).read_text(encoding="utf-8")
        head, blank, rest = text.partition("\n\n")
        (project / FILE).write_text(head + edit + blank + rest, encoding="utf-8")
    _git(theirs, "add", "-A")
    _git(theirs, "commit", "-qm", "work")
    times: dict[str, list[float]] = {"kgscaffold": [], "copier": []}
    for _ in range(rounds):
        for name, command, project in (
            ("kgscaffold", KGSCAFFOLD, ours),
            ("copier", COPIER, theirs),
        ):
            times[name].append(_measure(command, project, work / "copy", edit))
    medians = {name: statistics.median(values) for name, values in times.items()}
    ratio = medians["kgscaffold"] / medians["copier"]
    spread = ", ".join(f"{name} {min(v):.2f}-{max(v):.2f}" for name, v in times.items())
    sys.stdout.write(
        f"{title}: kgscaffold {medians['kgscaffold']:.3f} s, copier {medians['copier']:.3f} s,"
        f" ratio {ratio:.2f} (medians of {rounds}; {spread})\n"
    )
    return ratio


def _measure(command: list[str], project: Path, copy: Path, edit: str) -> float:
    """Give the seconds that an update of a fresh copy takes, once it is sure that it is right."""
    shutil.copytree(project, copy)
    start = time.perf_counter()
    _run([*command, str(copy)])
    seconds = time.perf_counter() - start
    text = (copy / FILE).read_text(encoding="utf-8")
    if BEFORE in text or edit not in text:
        raise RuntimeError(f"{command[0]} has not merged {FILE}")
    shutil.rmtree(copy)
    return seconds


def _git(folder: Path, *arguments: str) -> None:
    _run(["git", *NOBODY, "-C", str(folder), *arguments])


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=os.environ | {"GIT_CONFIG_GLOBAL": os.devnull},
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stdout}{done.stderr}")


if __name__ == "__main__":
    sys.exit(main())
