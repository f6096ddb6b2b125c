"""Open a generated project: its lock, or why there is none."""

from __future__ import annotations

from pathlib import Path

from kgscaffold.errors import PreconditionError
from kgscaffold.state.lock import Lock, read_lock
from kgscaffold.state.paths import FOLDER, LOCK


def is_generated(root: Path) -> bool:
    """Tell whether a folder holds a lock."""
    return (root / LOCK).is_file()


def load_lock(root: Path) -> Lock:
    """Give the lock of the project in `root`; raises PreconditionError if there is none."""
    try:
        content = (root / LOCK).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise _no_project(root) from None
    except OSError as error:
        raise PreconditionError(
            f"the lock cannot be read: {error.strerror}",
            paths=[LOCK],
            hint="Nothing was written. Make it a file that you may read, or restore it from version"
            f" control: git checkout -- {LOCK}",
        ) from error
    return read_lock(content)


def _no_project(root: Path) -> PreconditionError:
    if is_ejected(root):
        return PreconditionError(
            f"{root} was ejected: it is plain code, and kgscaffold does nothing there any more",
            hint="`kgscaffold undo` takes that back while its files are as they were then;"
            f" delete {FOLDER}/ when you are sure.",
        )
    if (root / FOLDER).is_dir():
        return PreconditionError(
            "the lock is missing",
            paths=[LOCK],
            hint=f"Restore it from version control: git checkout -- {LOCK}",
        )
    return PreconditionError(
        f"{root} is not a project of kgscaffold: it has no {LOCK}",
        hint="Name the project's folder, or make one with `kgscaffold init`.",
    )


def is_ejected(root: Path) -> bool:
    """Tell whether ejecting is the last that was done; its journal says so, as the lock is gone."""
    from kgscaffold.apply import undoable

    try:
        return undoable(root)[:1] == ["eject"]
    except PreconditionError:
        return False
