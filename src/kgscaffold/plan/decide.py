"""What an update does to one file, by its policy, its state and what the templates changed."""

from __future__ import annotations

from typing import NamedTuple

from kgscaffold.answers import Policy
from kgscaffold.errors import PreconditionError
from kgscaffold.merge import Reason, Refusal, merge_text, patch_file
from kgscaffold.merge.model import UNFORMATTED
from kgscaffold.merge.parse import parses
from kgscaffold.plan.cases import Case, Layout, unix
from kgscaffold.plan.headers import with_header_notes
from kgscaffold.plan.migrations import tool_of
from kgscaffold.plan.model import Action, Kind
from kgscaffold.plan.outcomes import (
    Outcome,
    deleted,
    dropped,
    entry_of,
    kept,
    left_there,
    markers_left,
    migration,
    moved,
    nothing,
    renamed,
    settled,
    unclear,
    with_endings,
    written,
)
from kgscaffold.project.locate import SIDECAR
from kgscaffold.project.survey import Survey
from kgscaffold.render import RenderedFile
from kgscaffold.render.rules import find_id
from kgscaffold.state.lock import LockedFile
from kgscaffold.state.paths import digest

WAY_OUT = "to settle it, take kgscaffold's; to keep yours for good, update then, and put yours back"
NO_LONGER_PARSES = "it no longer parses: look at it before you run it"


class Decider(NamedTuple):
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
            return dropped(case)
        if case.waits_aside:
            return self._still_aside(case, case.new)
        if case.locked.sidecar and (case.working is not None or case.unclear):
            outcome = self._beside(case, case.new)
        elif case.unclear:
            return unclear(case)
        elif case.working is None:
            return deleted(case, self.survey.where)
        elif case.locked.policy is Policy.ONCE:
            mine = self.survey.own_migrations(case.path)
            tool = tool_of(self.survey.lock.answers)
            outcome = migration(tool, case, case.new, mine, other_answers=self.other_answers)
        else:
            outcome = self._present(case, case.new, case.working)
        return with_header_notes(outcome, case, self.survey.copies.get(case.locked.id, ()))

    def created(self, new: RenderedFile, sidecars: frozenset[str]) -> Outcome:
        """Give what happens to a file that the templates have and the lock does not.

        `sidecars` are the paths of those that stand beside files of the lock.
        """
        free = new.path in self.layout.free
        mine = None if free else self.survey.files.get(new.path)
        entry = LockedFile(new.id, new.path, new.policy, digest(new.content), new.parent)
        managed = new.path in self.layout.taken or new.path in self.held
        blocked = new.path in self.survey.blocked
        if mine is None and not blocked and new.path not in self.layout.taken:
            action = Action(Kind.CREATE, new.id, new.path, new.policy, "new", None, new.content)
            return action, entry
        if managed:
            reason = f"new, but {new.path} is where you have another file"
            if new.path + SIDECAR in sidecars:
                action = Action(Kind.KEEP, new.id, new.path, new.policy, reason, None, None)
                notes = (f"merge {new.path}{SIDECAR} first, then update again",)
                return action._replace(notes=notes, needs_person=True), None
            waiting = entry._replace(path=new.path + SIDECAR, origin=new.path, sidecar=True)
            return self._sidecar(new, new.path, reason), waiting
        if mine is not None and unix(mine) == new.content:
            reason = "new, and you have it already"
            kind = Kind.KEEP
            return Action(kind, new.id, new.path, new.policy, reason, mine, mine, told=True), entry
        thing = "is no file that can be written" if blocked else "is a file of yours"
        reason = f"new, but {new.path} {thing}"
        return self._sidecar(new, new.path, reason), entry._replace(sidecar=True)

    def _present(self, case: Case, new: RenderedFile, working: bytes) -> Outcome:
        if case.base is None:
            if unix(working) == new.content:
                return settled(case, new, "you have it already")
            reason = "its pristine text is missing, so your edits cannot be told apart"
            return self._aside(case, new, reason)
        if case.locked.id in self.layout.stuck:
            reason = f"the templates renamed it, but {self.layout.stuck[case.locked.id]} stays"
            if unix(working) == new.content:
                return left_there(case, new, reason)
            return self._aside(case, new, reason)
        if new.content != case.base:
            outcome = self._changed(case, new, working)
        elif case.target != case.path:
            outcome = moved(case, new)
        else:
            outcome = kept(case, nothing(case))
        return self._remembered(case, new, outcome)

    def _remembered(self, case: Case, new: RenderedFile, outcome: Outcome) -> Outcome:
        """Give an outcome with what a person was left before, and note in the lock what is left.

        What conflicts or stands beside a file is seen there, and need not be noted.
        """
        action, entry = outcome
        if entry is None or action.kind in {Kind.CONFLICT, Kind.SIDECAR}:
            return outcome
        since = case.locked.base if action.needs_person else None
        told = action.notes if action.needs_person else ()
        left = tuple(note for note in told if not note.startswith(UNFORMATTED))
        still = self._still_left(case, new, entry, action.after or b"")
        if still:
            since, left = case.locked.unsettled, tuple(dict.fromkeys((*left, *still)))
            reason = action.reason if action.needs_person else "still left to you"
            notes = tuple(dict.fromkeys((*action.notes, *left)))
            action = action._replace(reason=reason, notes=notes, needs_person=True)
        if set(left) - {NO_LONGER_PARSES}:
            action = action._replace(notes=(*action.notes, WAY_OUT))
        return action, entry._replace(unsettled=since, left=left)

    def _still_left(
        self, case: Case, new: RenderedFile, entry: LockedFile, content: bytes
    ) -> list[str]:
        """Give what was left to a person before and would be, in the same words, today.

        Whatever the user does about it, the words are others: it has been dealt with.
        """
        text = self.survey.bases.get(case.locked.unsettled or "")
        if text is None:
            return []
        locked = entry._replace(base=digest(text))
        before = case._replace(locked=locked, path=entry.path, working=content, base=text)
        again, _ = self._changed(before, new, content)
        now = set(again.notes) if again.needs_person else set()
        if parses(entry.path, content) is False:
            now.add(NO_LONGER_PARSES)
        return [note for note in case.locked.left if note in now]

    def _changed(self, case: Case, new: RenderedFile, working: bytes) -> Outcome:
        if not case.edited:
            content, notes = with_endings(new.content, working)
            return written(case, new, Kind.UPDATE, renamed(case) or "not edited", content, notes)
        if unix(working) == new.content:
            return settled(case, new, "you made the same change already")
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
            reason = f"{count}: you and the templates changed the same thing"
            notes = (*merged.notes, *merged.left)
            return written(case, new, Kind.CONFLICT, reason, merged.content, notes, person=True)
        unsound = merged.parses is False
        notes = (*merged.notes, *merged.left, *((NO_LONGER_PARSES,) if unsound else ()))
        person = unsound or bool(merged.left)
        if merged.content == working and case.target == case.path:
            reason = "your own is kept" if merged.left else "you made the same change already"
            return settled(case, new, reason, notes, person=person)
        reason = "; ".join(filter(None, (renamed(case), "your edits kept")))
        return written(case, new, Kind.MERGE, reason, merged.content, notes, person=person)

    def _patched(self, case: Case, new: RenderedFile, working: bytes) -> Outcome:
        patched = patch_file(case.target, case.base or b"", working, new.content)
        if isinstance(patched, Refusal):
            return self._refused(case, new, patched)
        left = bool(patched.notes)
        if not patched.changes and case.target == case.path:
            return settled(case, new, "nothing to add to your own", patched.notes, person=left)
        reason = "; ".join(filter(None, (renamed(case), *patched.changes)))
        return written(case, new, Kind.PATCH, reason, patched.content, patched.notes, person=left)

    def _refused(self, case: Case, new: RenderedFile, refusal: Refusal) -> Outcome:
        if refusal.reason is Reason.MARKERS:
            raise markers_left([case.path])
        return self._aside(case, new, refusal.message, refusal.lines)

    def _beside(self, case: Case, new: RenderedFile) -> Outcome:
        """The templates' text was written beside the file before.

        That it is gone again is the user's word: it has been dealt with, merged or not.
        """
        if case.working is not None and unix(case.working) == new.content:
            return settled(case, new, "you have it already")
        waits = self.survey.files.get(case.path + SIDECAR)
        unchanged = digest(new.content) == case.locked.base
        if waits is None and unchanged:
            return kept(case, nothing(case))
        adopted = find_id((case.working or b"").decode("utf-8", "replace")) == case.locked.id
        if waits is None and adopted:
            return self._present(case, new, case.working or b"")
        reason = "still to be merged by hand" if unchanged else "changed again"
        return self._aside(case, new, reason)

    def _still_aside(self, case: Case, new: RenderedFile) -> Outcome:
        """The templates' text, not changed since, was written beside another managed file."""
        if not case.path.endswith(SIDECAR):
            adopted = case._replace(locked=case.locked._replace(sidecar=False))
            return self._present(adopted, new, case.working or b"")
        if case.working is None:
            return kept(case, "you have settled it")
        place = case.path.removesuffix(SIDECAR)
        return self._sidecar(new, place, "still to be merged by hand"), case.locked

    def _aside(
        self, case: Case, new: RenderedFile, reason: str, notes: tuple[str, ...] = ()
    ) -> Outcome:
        origin = None if new.path == case.path else new.path
        entry = entry_of(case, new)._replace(path=case.path, origin=origin, sidecar=True)
        return self._sidecar(new, case.path, reason, notes), entry

    def _sidecar(
        self, new: RenderedFile, place: str, reason: str, notes: tuple[str, ...] = ()
    ) -> Action:
        """Give the action that puts the templates' text beside the user's file at `place`."""
        path = place + SIDECAR
        there = self.survey.files.get(path)
        recorded = {file.id: file.base for file in self.survey.lock.files}.get(new.id)
        if there is not None and there != new.content and digest(there) != recorded:
            raise PreconditionError(
                "the templates' new text cannot be put beside your file: something is there",
                paths=[path],
                hint="Nothing was written. Bring it into your file, delete it, and update again.",
            )
        told = f"{reason}; {place} is as it was"
        way_out = f"bring what you want of it into {place}, then delete it: that settles it"
        return Action(
            kind=Kind.SIDECAR,
            id=new.id,
            path=path,
            policy=new.policy,
            reason=told,
            before=there,
            after=new.content,
            notes=(*notes, way_out),
            needs_person=True,
        )
