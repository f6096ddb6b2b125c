"""The plan: one action per file; the preview, `--json`, `--dry-run` and the tests read this."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from kgscaffold.answers import Policy
from kgscaffold.render.changelog import TemplateChange
from kgscaffold.state.lock import Lock


class Kind(StrEnum):
    """What happens to a file."""

    CREATE = "create"
    UPDATE = "update"
    MERGE = "merge"
    PATCH = "patch"
    CONFLICT = "conflict"
    SIDECAR = "sidecar"
    REMOVE = "remove"
    KEEP = "keep"


class Action(NamedTuple):
    """One file of a plan. None for a content: the file is not there.

    `before` was at `moved_from`, where that is not empty. `changes` are what the templates changed
    in the file, `notes` what a person should know; `needs_person` that one must do something.
    `told`: a person wants to know that the file is left as it is.
    """

    kind: Kind
    id: str
    path: str
    policy: Policy
    reason: str
    before: bytes | None
    after: bytes | None
    moved_from: str = ""
    notes: tuple[str, ...] = ()
    changes: tuple[TemplateChange, ...] = ()
    needs_person: bool = False
    told: bool = False

    @property
    def writes(self) -> bool:
        """Whether the action changes anything on the disk."""
        return bool(self.moved_from) or self.before != self.after

    @property
    def pending(self) -> bool:
        """Whether the templates' text has not arrived in the project yet."""
        return self.writes or self.kind is Kind.SIDECAR

    @property
    def unfinished(self) -> bool:
        """Whether that text has not arrived, or a person is left something of it."""
        return self.pending or self.needs_person

    @property
    def notable(self) -> bool:
        """Whether a person wants to read of it: more than a file that is left alone."""
        said = self.notes or self.changes or self.needs_person or self.told
        return self.kind is not Kind.KEEP or bool(said)


class Plan(NamedTuple):
    """The actions of one command, in the order of the paths, and the lock that goes with them.

    `bases` are the pristine texts that the lock refers to. Those that only the lock before it did
    stay: git would take one that goes and one that comes for a rename, and merge the two.
    """

    command: str
    actions: tuple[Action, ...]
    lock: Lock
    bases: tuple[bytes, ...]

    @property
    def behind(self) -> bool:
        """Whether the project's files are not what an update would leave."""
        return any(action.pending for action in self.actions)

    @property
    def needs_person(self) -> bool:
        """Whether something is left to a person: a conflict, a sidecar, a file that is unsound."""
        return any(action.needs_person for action in self.actions)
