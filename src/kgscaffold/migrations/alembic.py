"""Alembic: a migration names the one it follows, so that they are a chain."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kgscaffold.migrations.model import MigrationTool, Revision

if TYPE_CHECKING:
    import ast

_NAME, _PARENT = "revision", "down_revision"
_GENERATED_PARENT = r"""^down_revision\b[^=\n]*=\s*["']([^"'\n]+)["']"""


class Alembic(MigrationTool):
    """Migrations in Python whose `revision` and `down_revision` are plain strings."""

    tables = ("alembic_version",)
    folder = "migrations/versions"
    settings = _GENERATED_PARENT

    def parent_of(self, text: str) -> str | None:
        """Give the revision that a generated migration follows; None for the first."""
        found = re.search(_GENERATED_PARENT, text, re.MULTILINE)
        return found[1] if found else None

    def following(self, content: bytes, parent: str | None) -> bytes:
        """Give a migration as it follows another one; None: it is the first."""
        import ast
        import json

        text = content.decode("utf-8")
        value = _values(ast.parse(text))[_PARENT]
        lines = text.splitlines(keepends=True)
        # Where the value begins and ends counts in bytes of its line.
        line = lines[value.lineno - 1].encode()
        written = json.dumps(parent) if parent is not None else "None"
        changed = line[: value.col_offset] + written.encode() + line[value.end_col_offset :]
        lines[value.lineno - 1] = changed.decode()
        return "".join(lines).encode()

    def read(self, path: str, content: bytes) -> Revision | None:
        """Give a project's migration, None for another kind of file.

        Raises ValueError, whose text says what it must be like, where that cannot be told.
        """
        import ast

        try:
            values = _values(ast.parse(content))
            if _NAME not in values:
                return None
            name = ast.literal_eval(values[_NAME])
            parents = ast.literal_eval(values[_PARENT]) if _PARENT in values else None
        except (SyntaxError, ValueError) as error:
            raise ValueError(
                f"It has to parse, and to have plain strings for {_NAME} and {_PARENT}."
            ) from error
        several = parents if isinstance(parents, tuple | list | set) else [parents]
        return Revision(path, str(name), tuple(str(one) for one in several if one is not None))

    def heads(self, revisions: list[Revision]) -> list[Revision]:
        """Give the revisions that no other one follows."""
        followed = {parent for revision in revisions for parent in revision.parents}
        return [revision for revision in revisions if revision.name not in followed]


def _values(module: ast.Module) -> dict[str, ast.expr]:
    """Give the values that a module assigns to plain names at its top level."""
    import ast

    found: dict[str, ast.expr] = {}
    for statement in module.body:
        if isinstance(statement, ast.Assign):
            targets, value = statement.targets, statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets, value = [statement.target], statement.value
        else:
            continue
        found |= {target.id: value for target in targets if isinstance(target, ast.Name)}
    return found


ALEMBIC = Alembic()
