"""Make a new project, or bring one up to date, without any question or output."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kgscaffold.answers import Answers
from kgscaffold.apply import apply, is_interrupted, recover
from kgscaffold.apply.files import refuse_read_only
from kgscaffold.detect import refuse_collisions, refuse_unusable
from kgscaffold.errors import PreconditionError
from kgscaffold.plan.changes import Prepared, prepare
from kgscaffold.plan.digest import is_plain, remembered, with_digest
from kgscaffold.plan.model import Plan
from kgscaffold.project.current import is_current
from kgscaffold.project.loading import load_lock
from kgscaffold.project.locate import texts
from kgscaffold.project.survey import Survey, survey
from kgscaffold.render import Rendering, render
from kgscaffold.render.changelog import TemplateChange, read_changelog
from kgscaffold.state.lock import Lock


def check_folder(root: Path, *, dry_run: bool = False) -> bool:
    """Raise PreconditionError if a new project cannot be made in `root`.

    What an interrupted command left there is taken back first, which gives True.
    """
    recovered = settle_interrupted(root, dry_run=dry_run)
    refuse_unusable(root)
    return recovered


def plan_project(root: Path, answers: Answers) -> Prepared:
    """Give the plan for a new project; raises PreconditionError for colliding files."""
    from kgscaffold.plan.initial import plan_init

    rendering = render(answers)
    refuse_collisions(root, sorted(file.path for file in rendering.values()))
    return prepare(with_digest(plan_init(answers, rendering), rendering), root)


def write_plan(root: Path, prepared: Prepared) -> None:
    """Make a plan's changes, all or none; raises PreconditionError where it cannot."""
    apply(root, prepared.plan.command, prepared.changes)


def plan_leaving(root: Path) -> Prepared:
    """Give the plan of `eject`.

    Raises PreconditionError where the state or a managed file is not sound.
    """
    from kgscaffold.plan.leave import prepare_eject

    prepared = prepare_eject(survey(root, load_lock(root)), root)
    refuse_read_only(root, prepared.changes)
    return prepared


def plan_regeneration(
    root: Path, choices: Mapping[str, Any], *, only_security: bool = False, look: bool = False
) -> Prepared:
    """Give the plan that brings a project up to date, with some answers changed by `choices`.

    Raises PreconditionError where the project is not in a state to be updated; with `look`, the
    plan will not be written, so that files may be read-only.
    """
    from kgscaffold.plan.update import plan_update

    lock = load_lock(root)
    answers = lock.answers._replace(**choices)
    known = answers == lock.answers and is_current(lock)
    found, rendering = _known(root, lock) if known else _rendered(root, lock, answers)
    changelog = () if known and is_plain(lock) else _changelog_of(answers)
    plan = plan_update(found, answers, rendering, changelog, only_security=only_security)
    plan = _with_users(plan, root, lock)
    prepared = prepare(with_digest(plan, rendering, lock), root, found.bases)
    if not look and (prepared.plan.behind or prepared.plan.lock != lock):
        refuse_read_only(root, prepared.changes)
    return prepared


def _changelog_of(answers: Answers) -> tuple[TemplateChange, ...]:
    """Give the changes of the templates that a project of these answers can have."""
    return tuple(one for one in read_changelog() if one.concerns(answers.framework))


def _with_users(plan: Plan, root: Path, lock: Lock) -> Plan:
    """Give the plan with a word on files that name a former place of the module, or what it had.

    `lock` is the one before the plan.
    """
    former = {*lock.former, lock.answers.module} - {plan.lock.answers.module}
    if former:
        from kgscaffold.plan.strays import with_strays

        plan = with_strays(plan, texts(root), sorted(former))
    if lock.lost or plan.lock.files != lock.files:
        from kgscaffold.plan.lost import lost_names, with_lost

        others = texts(root)
        moved = plan.lock.answers.module != lock.answers.module
        lost = frozenset(lock.lost) if moved else lost_names(plan, others, lock.lost)
        if lost or lock.lost:
            plan = with_lost(plan, others, lost)
    return plan


def left_to_person(root: Path, lock: Lock) -> dict[str, tuple[str, ...]]:
    """Give what earlier updates have left to a person and still is, by file id, a line each.

    Files of the user's own that name a module's old folder are there by their path. Raises
    PreconditionError where an update would be refused.
    """
    waiting = {file.id for file in lock.files if file.waits}
    plan = plan_regeneration(root, {}, look=True).plan
    return {
        action.id: (action.reason, *action.notes)
        for action in plan.actions
        if action.needs_person and (lock.former or lock.lost or action.id in waiting)
    }


def _known(root: Path, lock: Lock) -> tuple[Survey, Rendering]:
    """Give the project as it is, and what the templates make of it: its own pristine texts."""
    found = survey(root, lock, [file.template_path for file in lock.files])
    return found, remembered(found) or render(lock.answers)


def _rendered(root: Path, lock: Lock, answers: Answers) -> tuple[Survey, Rendering]:
    rendering = render(answers)
    return survey(root, lock, [file.path for file in rendering.values()]), rendering


def settle_interrupted(root: Path, *, dry_run: bool = False) -> bool:
    """Take back what an interrupted command left, and tell whether there was any.

    Raises PreconditionError for a dry run, which may not do that.
    """
    if not is_interrupted(root):
        return False
    if dry_run:
        raise PreconditionError(
            f"an interrupted command left {root} half done",
            hint="Run `kgscaffold undo` there first.",
        )
    return recover(root)
