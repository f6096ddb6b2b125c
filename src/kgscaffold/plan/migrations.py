"""Order the templates' new migrations after the project's own: each names the one it follows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from kgscaffold.answers import Answers
from kgscaffold.errors import PreconditionError
from kgscaffold.migrations.model import MigrationTool, Revision
from kgscaffold.plan.cases import unix
from kgscaffold.render import RenderedFile
from kgscaffold.render.rules import find_id
from kgscaffold.stacks import stack_of


def tool_of(answers: Answers) -> MigrationTool:
    """Give the tool that a project's migrations are for."""
    return stack_of(answers).library.migrations


def chained(
    tool: MigrationTool, new: list[RenderedFile], files: Mapping[str, bytes]
) -> list[RenderedFile]:
    """Give new migrations, the first on the project's newest one and each on the one before.

    `files` are those of the project by path. Raises PreconditionError where it is not clear which
    migration is the newest, or where a name is taken.
    """
    there = {find_id(content.decode("utf-8", "replace")): path for path, content in files.items()}
    adopted = [_adopted(tool, file, there[file.id], files) for file in new if file.id in there]
    missing = [file for file in new if file.id not in there]
    return [*adopted, *(_followed(tool, missing, files) if missing else [])]


def _adopted(
    tool: MigrationTool, file: RenderedFile, path: str, files: Mapping[str, bytes]
) -> RenderedFile:
    """Give a migration that the project has already, though its lock does not, as it is there."""
    content = unix(files[path])
    revision = _revision(tool, path, content)
    parent = revision.parents[0] if revision and revision.parents else None
    return file._replace(path=path, content=content, parent=parent)


def _followed(
    tool: MigrationTool, new: list[RenderedFile], files: Mapping[str, bytes]
) -> list[RenderedFile]:
    folder, suffix = PurePosixPath(new[0].path).parent, PurePosixPath(new[0].path).suffix
    candidates = [
        _revision(tool, path, content)
        for path, content in sorted(files.items())
        if PurePosixPath(path).parent == folder and path.endswith(suffix)
    ]
    known = [revision for revision in candidates if revision]
    head = _single_head(tool, known, folder)
    taken = {revision.name: revision.path for revision in known}
    ordered = []
    for file in _in_order(tool, new):
        name = _named(tool, file)
        in_the_way = taken.get(name) or (file.path if file.path in files else "")
        if in_the_way:
            raise _name_taken(file, name, in_the_way)
        ordered.append(with_parent(tool, file, head))
        head = name
    return ordered


def _name_taken(file: RenderedFile, name: str, path: str) -> PreconditionError:
    return PreconditionError(
        f"the new migration {file.path}, called {name!r}, cannot be told from one of yours",
        paths=[path],
        hint="Nothing was written. Give yours another file name, and another `revision` if it is"
        " the same: in the migrations that follow it and in the databases' record, too.",
    )


def with_parent(tool: MigrationTool, file: RenderedFile, parent: str | None) -> RenderedFile:
    """Give a migration as it follows another one; None: it is the first."""
    if file.parent == parent:
        return file
    return file._replace(content=tool.following(file.content, parent), parent=parent)


def _in_order(tool: MigrationTool, new: list[RenderedFile]) -> list[RenderedFile]:
    """Give new migrations in the order that the templates have them."""
    remaining = sorted(new, key=lambda file: file.path)
    ordered: list[RenderedFile] = []
    while remaining:
        names = {_named(tool, file) for file in remaining}
        first = next((file for file in remaining if file.parent not in names), remaining[0])
        remaining.remove(first)
        ordered.append(first)
    return ordered


def _named(tool: MigrationTool, file: RenderedFile) -> str:
    revision = _revision(tool, file.path, file.content)
    return revision.name if revision else ""


def _single_head(tool: MigrationTool, known: list[Revision], folder: PurePosixPath) -> str:
    heads = tool.heads(known)
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


def _revision(tool: MigrationTool, path: str, content: bytes) -> Revision | None:
    """Read a migration; None for another kind of file."""
    try:
        return tool.read(path, content)
    except ValueError as error:
        raise PreconditionError(
            "there is a new migration, and it cannot be told what this one follows",
            paths=[path],
            hint=f"Nothing was written. {error}",
        ) from error
