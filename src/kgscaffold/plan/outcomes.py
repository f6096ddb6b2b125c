"""What can become of one file: an action for the plan, and the file's next entry in the lock."""

from __future__ import annotations

from collections.abc import Mapping

from kgscaffold.answers import Policy
from kgscaffold.errors import PreconditionError
from kgscaffold.migrations.model import MigrationTool
from kgscaffold.plan.cases import Case
from kgscaffold.plan.migrations import with_parent
from kgscaffold.plan.model import Action, Kind
from kgscaffold.render import RenderedFile
from kgscaffold.state.lock import LockedFile
from kgscaffold.state.paths import digest

Outcome = tuple[Action, LockedFile | None]


def markers_left(paths: list[str]) -> PreconditionError:
    """Give the error for conflicts that nobody has resolved."""
    return PreconditionError(
        "conflict markers stand in files to update",
        paths=paths,
        hint="Nothing was written. Resolve them (<<<<<<< to >>>>>>>), then update again;"
        " or `kgscaffold undo` takes the last update back.",
    )


def dropped(case: Case) -> Outcome:
    """The templates do not have the file any more."""
    once = case.locked.policy is Policy.ONCE
    entry = case.locked if once else None
    if case.working is None and not case.unclear:
        return action_of(case, Kind.KEEP, case.path, "deleted by you", None), entry
    if once or case.unclear or case.locked.policy is not Policy.OWNED:
        reason = "the templates have dropped it; it is yours"
    elif case.edited:
        reason = "the templates have dropped it, but you edited it; it is yours now"
    else:
        reason = "the templates have dropped it, and you had not edited it"
        return action_of(case, Kind.REMOVE, case.path, reason, None), None
    action = action_of(case, Kind.KEEP, case.path, reason, case.working)
    return action._replace(told=not once), entry


def deleted(case: Case, where: Mapping[str, str]) -> Outcome:
    """The file is gone, and stays so; `where` tells what the user moved to its place."""
    file_id = case.locked.id
    over = next((name for name, path in sorted(where.items()) if path == case.path), "")
    reason = f"gone: {over} is there now, moved by you" if over else "deleted by you"
    changed = case.new is not None and digest(case.new.content) != case.locked.base
    if not changed:
        return action_of(case, Kind.KEEP, case.path, reason, None), case.locked
    notes = (f"moved instead? Then its line kgscaffold:id={file_id} is missing where it is now",)
    told = f"{reason}; the templates changed it"
    action = action_of(case, Kind.KEEP, case.path, told, None)
    return action._replace(notes=notes, told=True), case.locked


def unclear(case: Case) -> Outcome:
    """Something is at the file's path that cannot be taken for it; nothing is touched."""
    action = action_of(case, Kind.KEEP, case.path, case.unclear, None)
    return action._replace(needs_person=True), case.locked


def kept(case: Case, reason: str) -> tuple[Action, LockedFile]:
    """The file is left as it is, and so is its entry, but for where it is."""
    new = case.new
    origin = new.path if new and case.locked.policy is not Policy.ONCE else case.locked.origin
    entry = case.locked._replace(path=case.path, origin=None if origin == case.path else origin)
    action = action_of(case, Kind.KEEP, case.path, reason, case.working)
    return action._replace(told=case.path != case.locked.path), entry


def migration(
    tool: MigrationTool, case: Case, new: RenderedFile, mine: str, *, other_answers: bool
) -> Outcome:
    """A migration that is there does not change, whatever the templates have.

    `mine` is a digest of the user's own migrations: another one has to follow other answers.
    """
    if with_parent(tool, new, case.locked.parent).content == case.base:
        action, entry = kept(case, nothing(case))
        return action, entry._replace(unsettled=None)
    if other_answers or case.locked.unsettled == mine:
        reason = "never changed: for your new answers, alter the tables in a migration of your own"
        action, entry = kept(case, reason)
        return action._replace(needs_person=True), entry._replace(unsettled=mine)
    action, entry = kept(case, "a migration is never changed")
    notes = ("the templates have it differently for new projects",)
    return action._replace(notes=notes), entry._replace(unsettled=None)


def left_there(case: Case, new: RenderedFile, reason: str) -> Outcome:
    """The file would only move, and cannot yet: it does so once nothing is in the way."""
    action = action_of(case, Kind.KEEP, case.path, reason, case.working)
    origin, unsettled = case.locked.origin, case.locked.unsettled
    entry = entry_of(case, new)._replace(path=case.path, origin=origin, unsettled=unsettled)
    way_out = f"not renamed to {case.target}: take away what is there, and update again"
    return action._replace(notes=(way_out,), needs_person=True), entry


def settled(
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
        return written(case, new, Kind.UPDATE, renamed(case), content, notes, person=person)
    action = action_of(case, Kind.KEEP, case.path, reason, case.working)
    return action._replace(notes=notes, needs_person=person, told=True), entry_of(case, new)


def moved(case: Case, new: RenderedFile) -> Outcome:
    """The templates have the file elsewhere, and changed nothing in it."""
    return written(case, new, Kind.UPDATE, renamed(case), case.working or b"")


def written(
    case: Case,
    new: RenderedFile,
    kind: Kind,
    reason: str,
    content: bytes,
    notes: tuple[str, ...] = (),
    *,
    person: bool = False,
) -> Outcome:
    """The file has a new content, and follows the templates' renaming."""
    action = action_of(case, kind, case.target, reason, content)
    moved = case.path if case.target != case.path else ""
    return action._replace(moved_from=moved, notes=notes, needs_person=person), entry_of(case, new)


def nothing(case: Case) -> str:
    """Give why there is nothing to do for a file."""
    if case.path != case.locked.path:
        return f"moved by you from {case.locked.path}"
    return "edited by you; the templates did not change it" if case.edited else "up to date"


def renamed(case: Case) -> str:
    """Say where a file comes from that the templates renamed; nothing of another."""
    return f"renamed by the templates from {case.path}" if case.target != case.path else ""


def entry_of(case: Case, new: RenderedFile) -> LockedFile:
    """Give the next entry of a file that has the templates' text, or was merged with it."""
    origin = None if new.path == case.target else new.path
    return LockedFile(
        case.locked.id, case.target, new.policy, digest(new.content), case.locked.parent, origin
    )


def action_of(case: Case, kind: Kind, path: str, reason: str, after: bytes | None) -> Action:
    """Give an action on a file as the user has it."""
    policy = case.new.policy if case.new else case.locked.policy
    return Action(kind, case.locked.id, path, policy, reason, case.working, after)


def with_endings(content: bytes, like: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Give a content the line endings that most lines of another one have.

    With a note where not all of them had these.
    """
    windows, lines = like.count(b"\r\n"), like.count(b"\n")
    end, name = (b"\r\n", "CRLF") if 2 * windows > lines else (b"\n", "LF")
    mixed = f"its lines ended in LF and in CRLF: all end in {name} now"
    return content.replace(b"\n", end), (mixed,) if 0 < windows < lines else ()
