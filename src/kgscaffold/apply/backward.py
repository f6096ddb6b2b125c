"""Take a transaction back, whether it was finished or interrupted anywhere."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from kgscaffold.apply import disk
from kgscaffold.apply.files import current_hash, find_obstacle, find_obstacle_above
from kgscaffold.apply.journal import (
    DONE,
    JOURNAL,
    Entry,
    Journal,
    Transaction,
    leftovers,
    transactions,
)
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


@dataclass(frozen=True, slots=True)
class Outlook:
    """What an undo would do; the command is "" where one was stopped before it changed a file.

    `began` is when it wrote its journal, in seconds since the epoch.
    """

    command: str
    done: bool = False
    began: float = 0.0
    restored: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def look_back(root: Path) -> Outlook | None:
    """Give what `undo` would do now, None if there is nothing; errors as take_back."""
    if nurseries(root) or leftovers(root):
        return Outlook("")
    latest = next(iter(transactions(root)), None)
    if latest is None:
        return Outlook("") if _has_begun(root) else None
    pending = _still_changed(root, latest)
    restored, removed = _split(pending)
    began = (latest.folder / JOURNAL).stat().st_mtime
    return Outlook(latest.journal.command, latest.done, began, restored, removed)


def clean(root: Path) -> bool:
    """Delete what a command left that was stopped before it changed a file; tell if any."""
    remains = [*nurseries(root), *leftovers(root)]
    for folder in remains:
        _delete(folder)
    begun = _has_begun(root)
    _prune(root)
    return bool(remains) or begun


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
    restored, removed = _split(pending)
    return TakenBack(journal.command, restored, removed, kept)


def take_back_interrupted(root: Path) -> TakenBack | None:
    """Leave the project as it was before a command that was stopped; None if there was none."""
    clean(root)
    latest = next(iter(transactions(root)), None)
    return take_back(root, latest) if latest and not latest.done else None


def _has_begun(root: Path) -> bool:
    """Tell whether a command made the folder for its journals and nothing else."""
    state = root / FOLDER
    if not state.is_dir() or state.is_symlink():
        return False
    return all(path == root / UNDO and not any(path.iterdir()) for path in state.iterdir())


def _split(pending: list[tuple[int, Entry]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the paths that are restored, and those that are removed."""
    return (
        tuple(entry.path for _, entry in pending if entry.before is not None),
        tuple(entry.path for _, entry in pending if entry.before is None),
    )


def _still_changed(root: Path, transaction: Transaction) -> list[tuple[int, Entry]]:
    """Give the changes that are in place; what is as it was before needs nothing.

    Raises PreconditionError, with the way to go back all the same, for files changed since.
    """
    pending: list[tuple[int, Entry]] = []
    foreign: dict[int, Entry] = {}
    for index, entry in enumerate(transaction.journal.entries):
        try:
            now = current_hash(root, entry.path)
        except PreconditionError:
            foreign[index] = entry
            continue
        if now == entry.after and _restorable(transaction.folder, index, entry):
            pending.append((index, entry))
        elif now != entry.before:
            foreign[index] = entry
    if foreign:
        command = transaction.journal.command
        ways = [_way_back(root, transaction.folder, *item) for item in foreign.items()]
        raise PreconditionError(
            f"cannot take back the last {command}: these files were changed since",
            paths=[entry.path for entry in foreign.values()],
            hint="Nothing was changed. To go back all the same, put there what was there before the"
            f" {command}; what you did since is lost, so keep a copy of it. Then run undo again:\n"
            + "\n".join(ways),
        )
    return pending


def _way_back(root: Path, folder: Path, index: int, entry: Entry) -> str:
    """Give the shell command that makes a changed file as it was before a transaction.

    It holds in whatever folder it is run, and writes through no link: that, or a folder, is moved.
    """
    above = find_obstacle_above(root, entry.path)
    if above:
        return f"  {above}: put the project's own folder there first"
    target = root.absolute() / entry.path
    place = shlex.quote(str(target))
    if entry.before is None:
        return f"  rm {place}"
    if not _restorable(folder, index, entry):
        return f"  {entry.path}: what it was is not kept any more; version control may have it"
    copy = f"cp -pf {shlex.quote(str(folder.absolute() / 'old' / str(index)))} {place}"
    if find_obstacle(root, entry.path):
        return f"  mv {place} {shlex.quote(f'{target}.moved')} && {copy}"
    if not target.parent.is_dir():
        return f"  mkdir -p {shlex.quote(str(target.parent))} && {copy}"
    return f"  {copy}"


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
