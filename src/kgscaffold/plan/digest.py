"""The digest of a lock: when it is written, and the rendering that it stands for."""

from __future__ import annotations

from kgscaffold.answers import Policy
from kgscaffold.plan.model import Plan
from kgscaffold.project.current import digest_of
from kgscaffold.project.survey import Survey
from kgscaffold.render import RenderedFile, Rendering
from kgscaffold.state.lock import Lock, LockedFile
from kgscaffold.state.paths import digest


def with_digest(plan: Plan, rendering: Rendering, before: Lock | None = None) -> Plan:
    """Give the plan with the digest in its lock, if every file of it is as in the rendering.

    A digest alone is no reason to write: a lock that says the same as `before` otherwise stays.
    """
    if plan.lock == before:
        return plan
    whole = plan.lock.complete is None and _is_exact(plan.lock, rendering)
    return plan._replace(lock=plan.lock._replace(digest=digest_of(plan.lock) if whole else None))


def is_plain(lock: Lock) -> bool:
    """Tell whether nothing is recorded of any file but where it is and what it was made from.

    Then a current lock has no change of the templates to tell of, and no changelog is needed.
    """
    return all(
        file == LockedFile(file.id, file.path, file.policy, file.base, file.parent, file.origin)
        for file in lock.files
    )


def remembered(survey: Survey) -> Rendering | None:
    """Give the rendering of a current lock, from its bases; None where that cannot be known.

    A base may be lost, and what a deleted migration would follow is not in the lock.
    """
    lost = [
        file
        for file in survey.lock.files
        if file.base not in survey.bases
        or (file.policy is Policy.ONCE and file.id not in survey.where)
    ]
    if lost:
        return None
    return {
        file.id: RenderedFile(
            file.id, file.template_path, file.policy, survey.bases[file.base], file.parent
        )
        for file in survey.lock.files
    }


def _is_exact(lock: Lock, rendering: Rendering) -> bool:
    """Tell whether a lock's files are those of a rendering, whose migrations may follow others."""
    from kgscaffold.plan.migrations import tool_of, with_parent

    if rendering.keys() != {file.id for file in lock.files}:
        return False
    tool = tool_of(lock.answers)
    for file in lock.files:
        new = rendering[file.id]
        if file.policy is Policy.ONCE and new.policy is Policy.ONCE:
            new = with_parent(tool, new, file.parent)
        made = (new.path, new.policy, digest(new.content))
        if made != (file.template_path, file.policy, file.base):
            return False
    return True
