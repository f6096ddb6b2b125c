"""Knex: a migration names no other; they run in the order of their file names.

So the templates' later ones are called `kryptogo_…`: letters come after the digits that a user's
own begin with, whether numbers or the moments that `knex migrate:make` writes.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from kgscaffold.migrations.model import MigrationTool, Revision

_MIGRATION = rb"(?m)^\s*(?:export\b|(?:module\.)?exports\b).*?\bup\b"


class Knex(MigrationTool):
    """Migrations in JavaScript or TypeScript that export `up`."""

    tables = ("knex_migrations", "knex_migrations_lock")

    def parent_of(self, text: str) -> str | None:
        """Give None: no text says what it follows."""
        return None

    def following(self, content: bytes, parent: str | None) -> bytes:
        """Give a migration as it is: its name says where it comes."""
        return content

    def read(self, path: str, content: bytes) -> Revision | None:
        """Give a project's migration, None for another kind of file."""
        if not re.search(_MIGRATION, content):
            return None
        return Revision(path, PurePosixPath(path).stem, ())

    def heads(self, revisions: list[Revision]) -> list[Revision]:
        """Give the revision that runs last."""
        return sorted(revisions, key=lambda revision: revision.name)[-1:]


KNEX = Knex()
