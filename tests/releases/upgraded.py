"""A shop of an earlier version that people worked on, and the same shop brought up to date."""

from __future__ import annotations

from pathlib import Path

from kgscaffold.answers import LanguageName
from kgscaffold.plan.model import Plan
from kgscaffold.project.loading import load_lock
from kgscaffold.scaffold import plan_regeneration, write_plan
from tests.releases.trees import Release, releases
from tests.releases.work import node, python

# Names a version: the conformance suite then runs on a shop of it, worked on and updated.
UPGRADE_VARIABLE = "KGSCAFFOLD_TEST_UPGRADE_FROM"


def release(version: str, cell: str) -> Release:
    """Give a recorded combination, `fastapi-sqlite`."""
    (found,) = [one for one in releases() if (one.version, one.cell) == (version, cell)]
    return found


def work_on(root: Path) -> None:
    """Do what people do: edit handlers and other files, rename one, add code and a migration."""
    if _is_python(root):
        python.work_on(root)
    else:
        node.work_on(root)


def made(root: Path) -> dict[str, str]:
    """Give what must stand in which files of a shop that was worked on."""
    return python.made(root) if _is_python(root) else node.made(root)


def upgraded(version: str, cell: str, root: Path, *, only_security: bool = False) -> Plan:
    """Make a shop of an earlier version, worked on and then brought up to date; give the plan.

    Raises RuntimeError where a person would be needed.
    """
    release(version, cell).write(root)
    work_on(root)
    prepared = plan_regeneration(root, {}, only_security=only_security)
    write_plan(root, prepared)
    plan = prepared.plan
    if plan.needs_person:
        left = [(action.path, action.reason) for action in plan.actions if action.needs_person]
        raise RuntimeError(f"a person is needed: {left}")
    return plan


def _is_python(root: Path) -> bool:
    return load_lock(root).answers.language is LanguageName.PYTHON
