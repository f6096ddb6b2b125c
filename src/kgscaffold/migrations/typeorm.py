"""TypeORM: a migration names no other; they run in the order of the moments in their names.

One that is older than what has run is run all the same, so a new one follows whatever is there.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from kgscaffold.migrations.model import MigrationTool, Revision

_MIGRATION = re.compile(rb"\bclass \w*?(\d{13})\b")


class TypeOrm(MigrationTool):
    """Migrations in TypeScript, each a class whose name ends in milliseconds since 1970."""

    folder = "{app}/migrations"
    tables = ("migrations",)

    def parent_of(self, text: str) -> str | None:
        """Give None: no text says what it follows."""
        return None

    def following(self, content: bytes, parent: str | None) -> bytes:
        """Give a migration as it is: its class says where it comes."""
        return content

    def read(self, path: str, content: bytes) -> Revision | None:
        """Give a project's migration, None for another kind of file."""
        found = _MIGRATION.search(content)
        if found is None:
            return None
        return Revision(path, f"{found[1].decode()}-{PurePosixPath(path).stem}", ())

    def heads(self, revisions: list[Revision]) -> list[Revision]:
        """Give the revision that runs last."""
        return sorted(revisions, key=lambda revision: revision.name)[-1:]


TYPEORM = TypeOrm()
