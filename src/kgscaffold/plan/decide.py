"""What an update does to one file, by its policy, its state and what the templates changed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kgscaffold.answers import Policy
from kgscaffold.errors import PreconditionError
from kgscaffold.merge import Reason, Refusal, merge_text, patch_file
from kgscaffold.plan.cases import Case, Layout, unix
from kgscaffold.plan.migrations import with_parent
from kgscaffold.plan.model import Action, Kind
from kgscaffold.render import RenderedFile
from kgscaffold.render.rules import find_id
from kgscaffold.state.lock import LockedFile
from kgscaffold.state.paths import digest
from kgscaffold.state.survey import SIDECAR, Survey

Outcome = tuple[Action, LockedFile | None]
NO_LONGER_PARSES = "it no longer parses: look at it before you run it"


@dataclass(frozen=True, slots=True)
class Decider:
    """Decides file by file; the layout says which paths are to be had.

    `held` are the paths of files that stay in the lock; `other_answers`: they have changed.
    """

    survey: Survey
    layout: Layout
    held: frozenset[str]
    other_answers: bool

    def existing(self, case: Case) -> Outcome:
        """Give what happens to a file of the lock, and its next entry there, if it has one."""
        if case.new is None:
            return _dropped(case)
        if case.working is None:
            return _deleted(case)
        if case.locked.policy is Policy.ONCE:
            return _migration(case, case.new, other_answers=self.other_answers)
        if case.locked.sidecar:
            if unix(case.working) == case.new.content:
                return _settled(case, case.new, "you have it already")
            return self._beside(case, case.new)
        return self._present(case, case.new, case.working)

    def created(self, new: RenderedFile, sidecars: frozenset[str]) -> Outcome:
        """Give what happens to a file that the templates have and the lock does not.

        `sidecars` are the paths of those that stand beside files of the lock.
        """
        free = new.path in self.layout.free
        mine = None if free else self.survey.files.get(new.path)
        entry = LockedFile(new.id, new.path, new.policy, digest(new.content), new.parent)
        managed = new.path in self.layout.taken or new.path in self.held
        if mine is None and new.path not in self.layout.taken:
            action = Action(Kind.CREATE, new.id, new.path, new.policy, "new", None, new.content)
            return action, entry
        if managed:
            reason = f"new, but {new.path} is where you have another file"
            if new.path + SIDECAR in sidecars:
                action = Action(Kind.KEEP, new.id, new.path, new.policy, reason, None, None)
                notes = (f"merge {new.path}{SIDECAR} first, then update again",)
                return replace(action, notes=notes, needs_person=True), None
            return self._sidecar(new, entry, reason), None
        if mine is not None and unix(mine) == new.content:
            reason = "new, and you have it already"
            return Action(Kind.KEEP, new.id, new.path, new.policy, reason, mine, mine), entry
        reason = f"new, but {new.path} is a file of yours"
        return self._sidecar(new, entry, reason), replace(entry, sidecar=True)

    def _present(self, case: Case, new: RenderedFile, working: bytes) -> Outcome:
        if case.base is None:
            if unix(working) == new.content:
                return _settled(case, new, "you have it already")
            reason = "its pristine text is missing, so your edits cannot be told apart"
            return self._aside(case, new, reason)
        if case.locked.id in self.layout.stuck:
            reason = f"the templates renamed it, but {self.layout.stuck[case.locked.id]} stays"
            if unix(working) == new.content:
                return _left_there(case, new, reason)
            return self._aside(case, new, reason)
        if new.content == case.base:
            return _moved(case, new) if case.target != case.path else _keep(case, _nothing(case))
        return self._changed(case, new, working)

    def _changed(self, case: Case, new: RenderedFile, working: bytes) -> Outcome:
        if not case.edited:
            content = _with_endings(new.content, working)
            return _written(case, new, Kind.UPDATE, _renamed(case) or "not edited", content)
        if unix(working) == new.content:
            return _settled(case, new, "you made the same change already")
        if new.policy is Policy.PATCH:
            return self._patched(case, new, working)
        return self._merged(case, new, working)

    def _merged(self, case: Case, new: RenderedFile, working: bytes) -> Outcome:
        merged = merge_text(
            case.base or b"",
            working,
            new.content,
            path=case.target,
            formatter=self.survey.formatter(),
        )
        if isinstance(merged, Refusal):
            return self._refused(case, new, merged)
        if merged.conflicts:
            count = f"{merged.conflicts} conflict{'s' if merged.conflicts > 1 else ''}"
            reason = f"{count}: you and the templates changed the same lines"
            return _written(
                case, new, Kind.CONFLICT, reason, merged.content, merged.notes, person=True
            )
        unsound = merged.parses is False
        notes = (*merged.notes, *((NO_LONGER_PARSES,) if unsound else ()))
        if merged.content == working and case.target == case.path:
            reason = "you made the same change already"
            return _settled(case, new, reason, notes, person=unsound)
        reason = "; ".join(filter(None, (_renamed(case), "your edits kept")))
        return _written(case, new, Kind.MERGE, reason, merged.content, notes, person=unsound)

    def _patched(self, case: Case, new: RenderedFile, working: bytes) -> Outcome:
        patched = patch_file(case.target, case.base or b"", working, new.content)
        if isinstance(patched, Refusal):
            return self._refused(case, new, patched)
        left = bool(patched.notes)
        if not patched.changes and case.target == case.path:
            return _settled(case, new, "nothing to add to your own", patched.notes, person=left)
        reason = "; ".join(filter(None, (_renamed(case), *patched.changes)))
        return _written(case, new, Kind.PATCH, reason, patched.content, patched.notes, person=left)

    def _refused(self, case: Case, new: RenderedFile, refusal: Refusal) -> Outcome:
        if refusal.reason is Reason.MARKERS:
            raise markers_left([case.path])
        return self._aside(case, new, refusal.message, refusal.lines)

    def _beside(self, case: Case, new: RenderedFile) -> Outcome:
        """The templates' text was written beside the file before."""
        waits = self.survey.files.get(case.path + SIDECAR)
        unchanged = digest(new.content) == case.locked.base
        if waits is None and unchanged:
            return _keep(case, _nothing(case))
        adopted = find_id((case.working or b"").decode("utf-8", "replace")) == case.locked.id
        if waits is None and adopted:
            return self._present(case, new, case.working or b"")
        reason = "still to be merged by hand" if unchanged else "changed again"
        return self._aside(case, new, reason)

    def _aside(
        self, case: Case, new: RenderedFile, reason: str, notes: tuple[str, ...] = ()
    ) -> Outcome:
        origin = None if new.path == case.path else new.path
        entry = replace(_entry(case, new), path=case.path, origin=origin, sidecar=True)
        return self._sidecar(new, entry, reason, notes), entry

    def _sidecar(
        self, new: RenderedFile, entry: LockedFile, reason: str, notes: tuple[str, ...] = ()
    ) -> Action:
        path = entry.path + SIDECAR
        there = self.survey.files.get(path)
        recorded = {file.id: file.base for file in self.survey.lock.files}.get(entry.id)
        if there is not None and there != new.content and digest(there) != recorded:
            raise PreconditionError(
                "the templates' new text cannot be put beside your file: something is there",
                paths=[path],
                hint="Nothing was written. Bring it into your file, delete it, and update again.",
            )
        told = f"{reason}; {entry.path} is as it was"
        return Action(
            Kind.SIDECAR,
            new.id,
            path,
            new.policy,
            told,
            there,
            new.content,
            notes=notes,
            needs_person=True,
        )


def markers_left(paths: list[str]) -> PreconditionError:
    """Give the error for conflicts that nobody has resolved."""
    return PreconditionError(
        "conflict markers stand in files to update",
        paths=paths,
        hint="Nothing was written. Resolve them (<<<<<<< to >>>>>>>), then update again;"
        " or `kgscaffold undo` takes the last update back.",
    )


def _dropped(case: Case) -> Outcome:
    once = case.locked.policy is Policy.ONCE
    entry = case.locked if once else None
    if case.working is None:
        return _action(case, Kind.KEEP, case.path, "deleted by you", None), entry
    if once or case.locked.policy is not Policy.OWNED:
        reason = "the templates have dropped it; it is yours"
    elif case.edited:
        reason = "the templates have dropped it, but you edited it; it is yours now"
    else:
        reason = "the templates have dropped it, and you had not edited it"
        return _action(case, Kind.REMOVE, case.path, reason, None), None
    return _action(case, Kind.KEEP, case.path, reason, case.working), entry


def _deleted(case: Case) -> Outcome:
    changed = case.new is not None and digest(case.new.content) != case.locked.base
    reason = "deleted by you" + ("; the templates changed it" if changed else "")
    return _action(case, Kind.KEEP, case.path, reason, None), case.locked


def _keep(case: Case, reason: str) -> Outcome:
    new = case.new
    origin = new.path if new and case.locked.policy is not Policy.ONCE else case.locked.origin
    entry = replace(case.locked, path=case.path, origin=None if origin == case.path else origin)
    return _action(case, Kind.KEEP, case.path, reason, case.working), entry


def _migration(case: Case, new: RenderedFile, *, other_answers: bool) -> Outcome:
    if with_parent(new, case.locked.parent).content == case.base:
        return _keep(case, _nothing(case))
    if other_answers:
        reason = "never changed: for your new answers, alter the tables in a migration of your own"
        action, entry = _keep(case, reason)
        return replace(action, needs_person=True), entry
    action, entry = _keep(case, "a migration is never changed")
    return replace(action, notes=("the templates have it differently for new projects",)), entry


def _left_there(case: Case, new: RenderedFile, reason: str) -> Outcome:
    """The file would only move, and cannot: from now on it counts as where its user has it."""
    action = _action(case, Kind.KEEP, case.path, reason, case.working)
    entry = replace(_entry(case, new), path=case.path, origin=new.path)
    return replace(action, notes=(f"not renamed to {case.target}",), needs_person=True), entry


def _settled(
    case: Case,
    new: RenderedFile,
    reason: str,
    notes: tuple[str, ...] = (),
    *,
    person: bool = False,
) -> Outcome:
    """The file needs nothing, but counts as generated from the new text from now on."""
    if case.target != case.path:
        content = case.working or b""
        return _written(case, new, Kind.UPDATE, _renamed(case), content, notes, person=person)
    action = _action(case, Kind.KEEP, case.path, reason, case.working)
    return replace(action, notes=notes, needs_person=person), _entry(case, new)


def _moved(case: Case, new: RenderedFile) -> Outcome:
    return _written(case, new, Kind.UPDATE, _renamed(case), case.working or b"")


def _written(
    case: Case,
    new: RenderedFile,
    kind: Kind,
    reason: str,
    content: bytes,
    notes: tuple[str, ...] = (),
    *,
    person: bool = False,
) -> Outcome:
    action = _action(case, kind, case.target, reason, content)
    moved = case.path if case.target != case.path else ""
    return replace(action, moved_from=moved, notes=notes, needs_person=person), _entry(case, new)


def _nothing(case: Case) -> str:
    if case.path != case.locked.path:
        return f"moved by you from {case.locked.path}"
    return "edited by you; the templates did not change it" if case.edited else "up to date"


def _renamed(case: Case) -> str:
    return f"renamed by the templates from {case.path}" if case.target != case.path else ""


def _entry(case: Case, new: RenderedFile) -> LockedFile:
    origin = None if new.path == case.target else new.path
    return LockedFile(
        case.locked.id, case.target, new.policy, digest(new.content), case.locked.parent, origin
    )


def _action(case: Case, kind: Kind, path: str, reason: str, after: bytes | None) -> Action:
    policy = case.new.policy if case.new else case.locked.policy
    return Action(kind, case.locked.id, path, policy, reason, case.working, after)


def _with_endings(content: bytes, like: bytes) -> bytes:
    """Give a content the line endings that most lines of another one have."""
    windows = 2 * like.count(b"\r\n") > like.count(b"\n")
    return content.replace(b"\n", b"\r\n") if windows else content
