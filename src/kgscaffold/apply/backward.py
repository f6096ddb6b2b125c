"""Take a transaction back, whether it was finished or interrupted anywhere."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from kgscaffold.apply import disk
from kgscaffold.apply.files import current_hash
from kgscaffold.apply.journal import DONE, Entry, Journal, Transaction, leftovers, transactions
from kgscaffold.apply.places import nurseries, nursery_of, topmost
from kgscaffold.errors import PreconditionError
from kgscaffold.state.paths import FOLDER, UNDO, digest


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What an undo did; `kept` are folders that hold files of others and so stay."""

    command: str
    restored: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]


def clean(root: Path) -> bool:
    """Delete what a command left that was stopped before it changed a file; tell if any."""
    remains = [*nurseries(root), *leftovers(root)]
    for folder in remains:
        _delete(folder)
    state = root / FOLDER
    began = state.is_dir()
    _prune(root)
    return bool(remains) or (began and not state.exists())


def take_back(root: Path, transaction: Transaction) -> TakenBack:
    """Restore every file of a transaction byte for byte.

    Raises PreconditionError, before anything is changed, if a file is not as the transaction left
    it. Interrupted anywhere, it can be called again.
    """
    journal = transaction.journal
    pending = _still_changed(root, transaction)
    if transaction.done:
        disk.remove_file(transaction.folder / DONE)
    for index, entry in reversed(pending):
        if entry.before is None:
            disk.remove_file(root / entry.path)
        else:
            disk.move(transaction.folder / "old" / str(index), root / entry.path)
    kept = tuple(name for name in reversed(journal.folders) if not _remove_if_empty(root / name))
    _forget(root, transaction.folder, journal)
    return TakenBack(
        command=journal.command,
        restored=tuple(entry.path for _, entry in pending if entry.before is not None),
        removed=tuple(entry.path for _, entry in pending if entry.before is None),
        kept=kept,
    )


def take_back_interrupted(root: Path) -> TakenBack | None:
    """Leave the project as it was before a command that was stopped; None if there was none."""
    clean(root)
    latest = next(iter(transactions(root)), None)
    return take_back(root, latest) if latest and not latest.done else None


def _still_changed(root: Path, transaction: Transaction) -> list[tuple[int, Entry]]:
    """Give the changes that are in place; raise PreconditionError for files changed since."""
    pending: list[tuple[int, Entry]] = []
    foreign: list[str] = []
    for index, entry in enumerate(transaction.journal.entries):
        try:
            now = current_hash(root, entry.path)
        except PreconditionError:
            foreign.append(entry.path)
            continue
        if now == entry.after and _restorable(transaction.folder, index, entry):
            pending.append((index, entry))
        elif transaction.done or now != entry.before:
            foreign.append(entry.path)
    if foreign:
        raise PreconditionError(
            f"cannot take back the last {transaction.journal.command}: "
            "these files were changed since",
            paths=foreign,
            hint="Nothing was changed. Put them back as they were, then run undo again.",
        )
    return pending


def _restorable(folder: Path, index: int, entry: Entry) -> bool:
    if entry.before is None:
        return True
    try:
        return digest((folder / "old" / str(index)).read_bytes()) == entry.before
    except OSError:
        return False


def _forget(root: Path, folder: Path, journal: Journal) -> None:
    """Delete the journal, and the project's folder if the transaction created it."""
    if journal.parents:
        top = topmost(root, journal.parents)
        if _holds_only(top, folder):
            disk.move(top, nursery_of(top))
            _delete(nursery_of(top))
            return
    trash = folder.with_name(f"{folder.name}.tmp")
    disk.move(folder, trash)
    _delete(trash)
    _prune(root)


def _holds_only(top: Path, folder: Path) -> bool:
    """Tell whether nothing is below `top` but `folder` and the way there."""
    while folder != top:
        if os.listdir(folder.parent) != [folder.name]:
            return False
        folder = folder.parent
    return True


def _delete(folder: Path) -> None:
    """Delete a folder of our own with everything in it."""
    for parent, folders, files in os.walk(folder, topdown=False):
        for name in files:
            disk.remove_file(Path(parent) / name)
        for name in folders:
            disk.remove_folder(Path(parent) / name)
    disk.remove_folder(folder)


def _prune(root: Path) -> None:
    for name in (UNDO, FOLDER):
        _remove_if_empty(root / name)


def _remove_if_empty(folder: Path) -> bool:
    """Remove a folder unless something is in it; tell whether it is gone."""
    try:
        if os.listdir(folder):
            return False
    except FileNotFoundError:
        return True
    except NotADirectoryError:
        return False
    disk.remove_folder(folder)
    return True
