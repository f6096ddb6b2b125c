"""The files of an update, each with all that is known of it, and where each will be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from pathlib import PurePosixPath
from typing import NamedTuple

from kgscaffold.answers import Policy
from kgscaffold.project.locate import SIDECAR
from kgscaffold.project.survey import Survey
from kgscaffold.render import RenderedFile, Rendering
from kgscaffold.state.lock import LockedFile
from kgscaffold.state.paths import digest


class Case(NamedTuple):
    """One managed file: as recorded, as the templates have it now, as the user has it.

    `path` is where the user has it, `working` its content; `working` is None if it was deleted.
    `base` is the pristine text it was generated from, None where that is not known for sure.
    `unclear` says why what is at its path cannot be taken for it, or be touched.
    """

    locked: LockedFile
    new: RenderedFile | None
    path: str
    working: bytes | None
    base: bytes | None
    unclear: str = ""

    @property
    def edited(self) -> bool:
        """Whether the user changed it, line endings aside; True where that cannot be known."""
        return self.base is None or self.working is None or unix(self.working) != self.base

    @property
    def waits_aside(self) -> bool:
        """Whether the lock has its text beside another managed file, which is at its place."""
        return self.locked.path.endswith(SIDECAR)

    @property
    def comes_anew(self) -> bool:
        """Whether it is as if it were new: its text waits beside another file, and changed."""
        aside = self.waits_aside and self.path.endswith(SIDECAR)
        return aside and self.new is not None and digest(self.new.content) != self.locked.base

    @property
    def stays(self) -> bool:
        """Whether it is there and still managed after a whole update."""
        kept = self.new is not None or self.locked.policy is Policy.ONCE
        return self.working is not None and kept

    @property
    def target(self) -> str:
        """Where the file belongs: a rename by the templates is followed, the user's own is kept."""
        if self.new is None or self.new.policy is Policy.ONCE:
            return self.path
        origin, wanted = self.locked.template_path, self.new.path
        if wanted == origin:
            return self.path
        if self.path == origin:
            return wanted
        mine, theirs = PurePosixPath(self.path), PurePosixPath(wanted)
        renamed_in_place = mine.parent == PurePosixPath(origin).parent
        return str(theirs.parent / mine.name) if renamed_in_place else self.path


def cases_of(survey: Survey, rendering: Rendering) -> list[Case]:
    """Give a case for each file of the lock, in the order of the ids."""
    return [
        _case(survey, locked, rendering.get(locked.id))
        for locked in sorted(survey.lock.files, key=lambda file: file.id)
    ]


def _case(survey: Survey, locked: LockedFile, new: RenderedFile | None) -> Case:
    working = survey.content(locked.id)
    base = survey.bases.get(locked.base)
    known = [content for content in (working, new.content if new else None) if content is not None]
    if base is None:
        base = next((unix(text) for text in known if digest(unix(text)) == locked.base), None)
    unclear = survey.unclear.get(locked.id, "")
    return Case(locked, new, survey.where.get(locked.id, locked.path), working, base, unclear)


class Layout(NamedTuple):
    """Where the files of a lock will be: `taken` paths, and those that become `free`.

    `stuck` are the paths, by id, that files cannot move to, because something stays there.
    """

    stuck: Mapping[str, str]
    taken: frozenset[str]
    free: frozenset[str]


def layout(
    cases: Iterable[Case], files: AbstractSet[str], pinned: AbstractSet[str] = frozenset()
) -> Layout:
    """Decide which renames by the templates are possible.

    `files` are the paths in use now, `pinned` the ids of files that stay for another reason.
    """
    present = [case for case in cases if case.working is not None]
    movers = {
        case.locked.id: case
        for case in present
        if case.target != case.path and case.locked.id not in pinned
    }
    gone = {case.path for case in present if _goes(case)}
    stuck: dict[str, str] = {}
    while True:
        free = gone | {case.path for name, case in movers.items() if name not in stuck}
        taken: set[str] = set()
        before = len(stuck)
        for name, case in movers.items():
            if name in stuck:
                continue
            if case.target in taken or (case.target in files and case.target not in free):
                stuck[name] = case.target
            taken.add(case.target)
        if len(stuck) == before:
            return Layout(stuck, frozenset(taken), frozenset(free - taken))


def _goes(case: Case) -> bool:
    """Whether an update removes the file: the templates dropped it, and nobody edited it."""
    return case.new is None and case.locked.policy is Policy.OWNED and not case.edited


def unix(content: bytes) -> bytes:
    """Give a content with the line endings that templates have."""
    return content.replace(b"\r\n", b"\n")
