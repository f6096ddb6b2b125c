"""Bring a set of changes to the disk: stage everything, then move file by file into place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kgscaffold.apply import disk
from kgscaffold.apply.backward import take_back_interrupted
from kgscaffold.apply.files import current_content, missing_folders
from kgscaffold.apply.journal import (
    DONE,
    JOURNAL,
    Change,
    Entry,
    Journal,
    next_number,
    write_journal,
)
from kgscaffold.apply.places import missing_levels, nursery_of, topmost
from kgscaffold.errors import PreconditionError, no_room
from kgscaffold.state.paths import FOLDER, UNDO, digest


def transact(root: Path, command: str, changes: Sequence[Change]) -> None:
    """Make all the changes, or none; the caller holds the project exclusively.

    A kill at any moment leaves nothing, or what `take_back_interrupted` takes back. Raises
    PreconditionError, with everything as it was, where the disk refuses or a file is not as the
    plan found it.
    """
    try:
        _check(root, changes)
        transaction = _prepare(root, command, changes)
        _perform(root, transaction, changes)
    except BaseException as error:
        take_back_interrupted(root)
        if isinstance(error, OSError):
            raise _refused(error) from error
        raise


def _check(root: Path, changes: Sequence[Change]) -> None:
    stale = [
        change.path for change in changes if current_content(root, change.path) != change.before
    ]
    if stale:
        raise PreconditionError(
            "these files changed while the command was running",
            paths=stale,
            hint="Nothing was written. Run the command again.",
        )


def _prepare(root: Path, command: str, changes: Sequence[Change]) -> Path:
    """Write the transaction's folder; it appears at once and complete. Give where it is."""
    journal = _journal_of(root, command, changes)
    number = next_number(root)
    if journal.parents:
        top = topmost(root, journal.parents)
        nursery = nursery_of(top)
        _stage(_make_way(nursery, (root / UNDO).relative_to(top)) / str(number), journal, changes)
        disk.move(nursery, top)
        disk.settle(top.parent)
    else:
        for name in (FOLDER, UNDO):
            if not (root / name).is_dir():
                disk.make_folder(root / name)
        staging = root / UNDO / f"{number}.tmp"
        _stage(staging, journal, changes)
        disk.move(staging, root / UNDO / str(number))
        disk.settle(root / UNDO)
    return root / UNDO / str(number)


def _make_way(nursery: Path, inner: Path) -> Path:
    folder = nursery
    disk.make_folder(folder)
    for part in inner.parts:
        folder = folder / part
        disk.make_folder(folder)
    return folder


def _stage(folder: Path, journal: Journal, changes: Sequence[Change]) -> None:
    """Write everything first and wait for it afterwards: the disk then has it in one go."""
    staged: list[Path] = []

    def write(path: Path, content: bytes | None, mode: int | None = None) -> None:
        if content is not None:
            disk.write_new(path, content, mode)
            staged.append(path)

    for name in (folder, folder / "new", folder / "old"):
        disk.make_folder(name)
    for index, change in enumerate(changes):
        write(folder / "new" / str(index), change.after, change.mode)
        write(folder / "old" / str(index), change.before, change.mode)
    write(folder / JOURNAL, write_journal(journal))
    disk.settle_all(staged)
    for name in (folder / "new", folder / "old", folder):
        disk.settle(name)


def _perform(root: Path, transaction: Path, changes: Sequence[Change]) -> None:
    for name in missing_folders(root, _written(changes)):
        disk.make_folder(root / name)
    for index, change in enumerate(changes):
        _check(root, [change])
        if change.after is None:
            disk.remove_file(root / change.path)
        else:
            disk.move(transaction / "new" / str(index), root / change.path)
    for folder in sorted({(root / change.path).parent for change in changes}):
        disk.settle(folder)
    disk.remove_folder(transaction / "new")
    disk.write_new(transaction / DONE, b"")
    disk.settle_all([transaction / DONE])
    disk.settle(transaction)


def _journal_of(root: Path, command: str, changes: Sequence[Change]) -> Journal:
    return Journal(
        command=command,
        entries=tuple(
            Entry(change.path, _hash(change.before), _hash(change.after), change.mode)
            for change in changes
        ),
        folders=tuple(name for name in missing_folders(root, _written(changes)) if name != FOLDER),
        parents=missing_levels(root),
    )


def _written(changes: Sequence[Change]) -> list[str]:
    return [change.path for change in changes if change.after is not None]


def _hash(content: bytes | None) -> str | None:
    return None if content is None else digest(content)


def _refused(error: OSError) -> PreconditionError:
    return no_room(error) or PreconditionError(
        f"cannot write: {error.strerror or error}",
        paths=[str(error.filename)] if error.filename else [],
        hint="Nothing was changed. Make the folder writable, or name another one.",
    )
