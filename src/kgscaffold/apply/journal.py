"""The journal of one transaction: what every file was before and is afterwards.

A transaction lives in `.kgscaffold/undo/<n>/`:

    journal.json   the changes, and the folders that did not exist before
    old/<i>        the former content of change i, where there was one
    new/<i>        the new content of change i, until it is moved into place
    done           there once every change is in place; without it the transaction was interrupted

While it is written the folder is called `<n>.tmp`; so is what remains to be deleted of one that was
taken back. A folder of that name never needs anything but deletion.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from kgscaffold.errors import PreconditionError
from kgscaffold.state.paths import FOLDER, UNDO, is_inside

SCHEMA = 1
JOURNAL = "journal.json"
DONE = "done"
_TEMPORARY, _DIGITS = ".tmp", 9


class Change(NamedTuple):
    """One file of a transaction; None for a content: the file is not there.

    `mode` are the permission bits to keep, None for a new file.
    """

    path: str
    before: bytes | None
    after: bytes | None
    mode: int | None = None


class Entry(NamedTuple):
    """One change as the journal keeps it: hashes instead of contents."""

    path: str
    before: str | None
    after: str | None
    mode: int | None


class Journal(NamedTuple):
    """One transaction: its command, its changes and the folders that it created.

    `folders` are inside the project, parents first. `parents` counts the levels created above
    them: 1 for the project's own folder, 2 for that and its parent, and so on.
    """

    command: str
    entries: tuple[Entry, ...]
    folders: tuple[str, ...]
    parents: int


class Transaction(NamedTuple):
    """A journal on disk; `done` unless it was interrupted."""

    folder: Path
    journal: Journal
    done: bool


def write_journal(journal: Journal) -> bytes:
    """Give the journal as the text of its file."""
    entries = [entry._asdict() for entry in journal.entries]
    return (
        json.dumps({"schema": SCHEMA, **journal._asdict(), "entries": entries}, indent=1) + "\n"
    ).encode()


def transactions(root: Path) -> list[Transaction]:
    """Give the transactions of a project, the latest first.

    Raises PreconditionError for a journal that cannot be read.
    """
    numbers = sorted((int(name) for name in _names(root) if _is_number(name)), reverse=True)
    return [_read(root / UNDO / str(number)) for number in numbers]


def leftovers(root: Path) -> list[Path]:
    """Give the folders of transactions that never began, or were taken back already."""
    return [root / UNDO / name for name in _names(root) if _is_leftover(name)]


def _is_leftover(name: str) -> bool:
    number = name.removesuffix(_TEMPORARY)
    return number != name and _is_number(number)


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdecimal() and name[0] != "0" and len(name) <= _DIGITS


def next_number(root: Path) -> int:
    """Give the number for a new transaction."""
    return max((int(name) for name in _names(root) if _is_number(name)), default=0) + 1


def _names(root: Path) -> list[str]:
    for path in (FOLDER, UNDO):
        if (root / path).is_symlink():
            raise PreconditionError(
                f"{path} is a symbolic link",
                paths=[path],
                hint="Nothing was written. Put a folder there: what is kept for undo stays inside"
                " the project.",
            )
    try:
        return sorted(path.name for path in (root / UNDO).iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _read(folder: Path) -> Transaction:
    path = folder / JOURNAL
    try:
        journal = _parse(json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PreconditionError(
            f"the journal cannot be read ({error})",
            paths=[str(path)],
            hint="Nothing was changed. Delete its folder if you do not need to undo that command.",
        ) from error
    return Transaction(folder, journal, (folder / DONE).is_file())


def _parse(document: dict[str, Any]) -> Journal:
    if document["schema"] != SCHEMA:
        raise ValueError(f"its schema is {document['schema']}")
    entries = tuple(Entry(**entry) for entry in document["entries"])
    folders = tuple(document["folders"])
    if not all(map(is_inside, [*folders, *(entry.path for entry in entries)])):
        raise ValueError("it names a path outside the project")
    return Journal(document["command"], entries, folders, int(document["parents"]))
