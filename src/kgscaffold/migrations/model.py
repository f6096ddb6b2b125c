"""What kgscaffold has to know of a migration tool."""

from __future__ import annotations

from typing import NamedTuple


class Revision(NamedTuple):
    """One migration of a project: its name, and those that it follows."""

    path: str
    name: str
    parents: tuple[str, ...]


class MigrationTool:
    """How a tool's migrations are read and ordered.

    A combination without migrations has this one: it is never asked what raises
    NotImplementedError here, because only a file of policy `once` is a migration.
    """

    tables: tuple[str, ...] = ()
    """What it keeps its own record in."""

    folder = "migrations"
    """Where a project has them; it may have the placeholder `{app}`."""

    settings = ""
    """How it finds what a migration follows: another way makes another rendering."""

    def parent_of(self, text: str) -> str | None:
        """Give the revision that a generated migration follows; None for the first."""
        raise NotImplementedError

    def following(self, content: bytes, parent: str | None) -> bytes:
        """Give a migration as it follows another one; None: it is the first."""
        raise NotImplementedError

    def read(self, path: str, content: bytes) -> Revision | None:
        """Give a project's migration, None for another kind of file.

        Raises ValueError, whose text says what it must be like, where that cannot be told.
        """
        raise NotImplementedError

    def heads(self, revisions: list[Revision]) -> list[Revision]:
        """Give the revisions that a new one could follow: one, in a project that is in order."""
        raise NotImplementedError
