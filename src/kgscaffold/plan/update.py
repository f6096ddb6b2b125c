"""The plan of `update`: what the newest templates, or other answers, change in a project."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kgscaffold import __version__
from kgscaffold.answers import Answers, Policy
from kgscaffold.merge.parse import has_markers
from kgscaffold.plan.cases import Case, cases_of, layout
from kgscaffold.plan.decide import Decider
from kgscaffold.plan.migrations import chained, tool_of
from kgscaffold.plan.model import Action, Kind, Plan
from kgscaffold.plan.outcomes import Outcome, markers_left
from kgscaffold.plan.selection import changes_to, pending, security_files
from kgscaffold.project.survey import Survey
from kgscaffold.render import Rendering
from kgscaffold.render.changelog import TemplateChange
from kgscaffold.state.lock import Lock, LockedFile, newer, unsound
from kgscaffold.state.paths import digest
from kgscaffold.versions import is_later


def plan_update(
    survey: Survey,
    answers: Answers,
    rendering: Rendering,
    changelog: Sequence[TemplateChange] = (),
    *,
    only_security: bool = False,
    tool: str = __version__,
) -> Plan:
    """Give the plan that brings a project to a rendering of its (possibly changed) answers.

    Nothing is written. A sidecar that still waits is shown with all changes that its file ever had:
    which of them it lacks is not known.

    Raises PreconditionError where conflict markers stand in a managed file, where a later version
    has written the lock, and where a file could not be kept otherwise.
    """
    before = survey.lock
    if is_later(before.tool, tool):
        raise newer(before.tool)
    _refuse_markers(survey)
    since = before.complete or before.tool
    changes = pending(changelog, since)
    cases = cases_of(survey, rendering)
    _refuse_other_policies(cases)
    changed = behind(before, rendering)
    waiting = changed - security_files(changes) if only_security else frozenset()
    outcomes = _outcomes(survey, answers, cases, rendering, waiting)
    unmerged = {file.id for file in before.files if file.sidecar or file.unsettled} - changed
    ever = pending(changelog, "0.0.0")
    actions = [
        action._replace(changes=changes_to(action.id, ever if action.id in unmerged else changes))
        if action.id in changed or (action.id in unmerged and action.unfinished)
        else action
        for action, _ in outcomes
    ]
    files = _distinct([entry for _, entry in outcomes if entry], survey)
    lock = Lock(tool, answers, files, since if waiting else None)
    if (files, answers) == (before.files, before.answers):
        lock = before
    return Plan(
        command="update",
        actions=tuple(sorted(actions, key=lambda action: (action.path, action.id))),
        lock=lock,
        bases=_bases(lock, cases, actions, rendering),
    )


def _distinct(entries: Sequence[LockedFile], survey: Survey) -> tuple[LockedFile, ...]:
    """Give entries by id, no two of them with the same path.

    The place of a file that was deleted may be another's by now; it is recorded at one where
    nothing is, so that it stays deleted.
    """
    gone = {file.id for file in survey.lock.files} - survey.where.keys()
    used = {entry.path for entry in entries if entry.id not in gone}
    files = []
    for entry in sorted(entries, key=lambda file: file.id):
        path = entry.path
        while entry.id in gone and path in used:
            path += ".deleted"
        used.add(path)
        origin = entry.template_path if path != entry.path else entry.origin
        files.append(entry._replace(path=path, origin=origin))
    return tuple(files)


def behind(lock: Lock, rendering: Rendering) -> frozenset[str]:
    """Give the ids of the files that the templates have otherwise than a lock says.

    A migration that is there already is never behind: it does not change any more.
    """
    locked = {file.id: file for file in lock.files}
    return frozenset(
        {
            name
            for name, file in rendering.items()
            if name not in locked
            or (
                file.policy is not Policy.ONCE
                and (
                    digest(file.content) != locked[name].base
                    or file.path != locked[name].template_path
                )
            )
        }
        | {
            name
            for name, file in locked.items()
            if name not in rendering and file.policy is not Policy.ONCE
        }
    )


def _refuse_markers(survey: Survey) -> None:
    marked = [path for path in survey.where.values() if has_markers(survey.files[path])]
    if marked:
        raise markers_left(sorted(marked))


def _refuse_other_policies(cases: Iterable[Case]) -> None:
    for case in cases:
        if case.new and (case.new.policy is Policy.ONCE) != (case.locked.policy is Policy.ONCE):
            raise unsound(f"the policy of {case.locked.id} is {case.new.policy}")


def _outcomes(
    survey: Survey,
    answers: Answers,
    cases: Sequence[Case],
    rendering: Rendering,
    waiting: frozenset[str],
) -> list[Outcome]:
    anew = {case.locked.id for case in cases if case.comes_anew} - waiting
    taken = [case for case in cases if case.locked.id not in waiting | anew]
    held = frozenset(case.path for case in cases if case.locked.id in waiting or case.stays)
    decider, existing = _settle(survey, taken, held, other_answers=answers != survey.lock.answers)
    locked = {case.locked.id for case in cases} - anew
    added = [
        file._replace(path=survey.place_of(file.path))
        for file in rendering.values()
        if file.id not in locked | waiting
    ]
    migrations = [file for file in added if file.policy is Policy.ONCE]
    others = [file for file in added if file.policy is not Policy.ONCE]
    chain = chained(tool_of(answers), migrations, survey.files)
    new = [file for name, file in rendering.items() if name in waiting - locked]
    sidecars = frozenset(action.path for action, _ in existing if action.kind is Kind.SIDECAR)
    return [
        *(_waits(case) for case in cases if case.locked.id in waiting),
        *((_waiting_action(file.id, file.path, file.policy, None), None) for file in new),
        *existing,
        *(
            _placed(decider.created(file, sidecars), rendering[file.id].path)
            for file in [*others, *chain]
        ),
    ]


def _placed(outcome: Outcome, template_path: str) -> Outcome:
    """Give the outcome of a new file with the path that the templates have, if it is another."""
    action, entry = outcome
    if entry is None or entry.path == template_path:
        return outcome
    if action.kind is Kind.CREATE:
        action = action._replace(reason="new, beside the files that you moved")
    return action, entry._replace(origin=template_path)


def _settle(
    survey: Survey, cases: Sequence[Case], held: frozenset[str], *, other_answers: bool
) -> tuple[Decider, list[Outcome]]:
    """Decide on the files of a lock, until none waits for the place of one that stays after all.

    A file that cannot be merged stays where it is, and that is known only once it was tried.
    """
    pinned: frozenset[str] = frozenset()
    while True:
        decider = Decider(
            survey, layout(cases, survey.files.keys() | survey.blocked, pinned), held, other_answers
        )
        outcomes = [decider.existing(case) for case in cases]
        stayed = {
            case.locked.id
            for case, (_, entry) in zip(cases, outcomes, strict=True)
            if entry and case.working is not None and entry.path == case.path != case.target
        }
        if stayed <= pinned | decider.layout.stuck.keys():
            return decider, outcomes
        pinned |= stayed - decider.layout.stuck.keys()


def _waits(case: Case) -> Outcome:
    locked, content = case.locked, case.working
    return _waiting_action(locked.id, case.path, locked.policy, content), locked


def _waiting_action(file_id: str, path: str, policy: Policy, content: bytes | None) -> Action:
    reason = "waits for an update of everything"
    return Action(Kind.KEEP, file_id, path, policy, reason, content, content)


def _bases(
    lock: Lock, cases: Iterable[Case], actions: Iterable[Action], rendering: Rendering
) -> tuple[bytes, ...]:
    """Give the pristine texts of a lock; one that is lost is left out."""
    texts = {
        digest(text): text
        for text in (
            *(case.base for case in cases),
            *(file.content for file in rendering.values()),
            *(action.after for action in actions if action.kind is Kind.CREATE),
        )
        if text is not None
    }
    wanted = sorted({file.base for file in lock.files} & texts.keys())
    return tuple(texts[name] for name in wanted)
