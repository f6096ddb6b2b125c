"""Order the templates' new migrations after the project's own: each names the one it follows."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import NamedTuple

from kgscaffold.errors import PreconditionError
from kgscaffold.plan.cases import unix
from kgscaffold.render import RenderedFile
from kgscaffold.render.rules import find_id

_NAME, _PARENT = "revision", "down_revision"


class Revision(NamedTuple):
    """One migration of a project: its name, and those that it follows."""

    path: str
    name: str
    parents: tuple[str, ...]


def chained(new: list[RenderedFile], files: Mapping[str, bytes]) -> list[RenderedFile]:
    """Give new migrations, the first on the project's newest one and each on the one before.

    `files` are those of the project by path. Raises PreconditionError where it is not clear which
    migration is the newest, or where a name is taken.
    """
    there = {find_id(content.decode("utf-8", "replace")): path for path, content in files.items()}
    adopted = [_adopted(file, there[file.id], files) for file in new if file.id in there]
    missing = [file for file in new if file.id not in there]
    return [*adopted, *(_followed(missing, files) if missing else [])]


def _adopted(file: RenderedFile, path: str, files: Mapping[str, bytes]) -> RenderedFile:
    """Give a migration that the project has already, though its lock does not, as it is there."""
    content = unix(files[path])
    revision = _revision(path, content)
    parent = revision.parents[0] if revision and revision.parents else None
    return replace(file, path=path, content=content, parent=parent)


def _followed(new: list[RenderedFile], files: Mapping[str, bytes]) -> list[RenderedFile]:
    folder, suffix = PurePosixPath(new[0].path).parent, PurePosixPath(new[0].path).suffix
    candidates = [
        _revision(path, content)
        for path, content in sorted(files.items())
        if PurePosixPath(path).parent == folder and path.endswith(suffix)
    ]
    known = [revision for revision in candidates if revision]
    head = _single_head(known, folder)
    taken = {revision.name: revision.path for revision in known}
    ordered = []
    for file in _in_order(new):
        name = _named(file)
        in_the_way = taken.get(name) or (file.path if file.path in files else "")
        if in_the_way:
            raise _name_taken(file, name, in_the_way)
        ordered.append(with_parent(file, head))
        head = name
    return ordered


def _name_taken(file: RenderedFile, name: str, path: str) -> PreconditionError:
    return PreconditionError(
        f"the new migration {file.path}, called {name!r}, cannot be told from one of yours",
        paths=[path],
        hint="Nothing was written. Give yours another file name, and another `revision` if it is"
        " the same: in the migrations that follow it and in the databases' record, too.",
    )


def with_parent(file: RenderedFile, parent: str | None) -> RenderedFile:
    """Give a migration as it follows another one; None: it is the first."""
    if file.parent == parent:
        return file
    text = file.content.decode("utf-8")
    value = _values(ast.parse(text))[_PARENT]
    lines = text.splitlines(keepends=True)
    # Where the value begins and ends counts in bytes of its line.
    line = lines[value.lineno - 1].encode()
    written = json.dumps(parent) if parent is not None else "None"
    changed = line[: value.col_offset] + written.encode() + line[value.end_col_offset :]
    lines[value.lineno - 1] = changed.decode()
    return replace(file, content="".join(lines).encode(), parent=parent)


def _in_order(new: list[RenderedFile]) -> list[RenderedFile]:
    """Give new migrations in the order that the templates have them."""
    remaining = sorted(new, key=lambda file: file.path)
    ordered: list[RenderedFile] = []
    while remaining:
        names = {_named(file) for file in remaining}
        first = next((file for file in remaining if file.parent not in names), remaining[0])
        remaining.remove(first)
        ordered.append(first)
    return ordered


def _named(file: RenderedFile) -> str:
    revision = _revision(file.path, file.content)
    return revision.name if revision else ""


def _single_head(known: list[Revision], folder: PurePosixPath) -> str:
    followed = {parent for revision in known for parent in revision.parents}
    heads = [revision for revision in known if revision.name not in followed]
    if len(heads) == 1:
        return heads[0].name
    if not heads:
        raise PreconditionError(
            "there is a new migration, and no newest one of yours that it could follow",
            paths=[str(folder)],
            hint="Nothing was written. Restore the migrations, then update again.",
        )
    raise PreconditionError(
        f"there is a new migration, and yours have {len(heads)} heads that it could follow:"
        f" {', '.join(sorted(head.name for head in heads))}",
        paths=[head.path for head in heads],
        hint="Nothing was written. Merge the heads into one, then update again.",
    )


def _revision(path: str, content: bytes) -> Revision | None:
    """Read a migration; None for another kind of file."""
    try:
        values = _values(ast.parse(content))
        if _NAME not in values:
            return None
        name = ast.literal_eval(values[_NAME])
        parents = ast.literal_eval(values[_PARENT]) if _PARENT in values else None
    except (SyntaxError, ValueError) as error:
        raise PreconditionError(
            "there is a new migration, and it cannot be told what this one follows",
            paths=[path],
            hint="Nothing was written. It has to parse, and to have plain strings for"
            f" {_NAME} and {_PARENT}.",
        ) from error
    several = parents if isinstance(parents, tuple | list | set) else [parents]
    return Revision(path, str(name), tuple(str(one) for one in several if one is not None))


def _values(module: ast.Module) -> dict[str, ast.expr]:
    """Give the values that a module assigns to plain names at its top level."""
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
