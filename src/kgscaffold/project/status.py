"""Compare a generated project's files with what was generated."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from kgscaffold.apply.files import read_whole
from kgscaffold.errors import PreconditionError
from kgscaffold.merge.parse import has_markers
from kgscaffold.project.locate import Places, locate
from kgscaffold.state.lock import Lock, LockedFile
from kgscaffold.state.paths import base_path, digest


class FileState(StrEnum):
    """What became of a generated file since."""

    CLEAN = "clean"
    EDITED = "edited"
    MISSING = "missing"
    UNCLEAR = "unclear"


class BaseState(StrEnum):
    """Whether a file's pristine text can be trusted."""

    SOUND = "sound"
    MISSING = "missing"
    ALTERED = "altered"


class FileStatus(NamedTuple):
    """One generated file, the user's copy of it and its base; `path` is where it is now.

    `reason` says why it is unclear, and the way out; `marked`: conflict markers stand in it.
    """

    file: LockedFile
    path: str
    state: FileState
    base: BaseState
    reason: str = ""
    marked: bool = False


def file_statuses(root: Path, lock: Lock) -> list[FileStatus]:
    """Compare every generated file and its base with the lock, in the order of the paths."""
    try:
        places = locate(root, lock)
    except PreconditionError:  # an id in two places: as if those files were gone
        places = Places({file.id: file.path for file in lock.files}, {})
    return sorted(
        (_status(root, file, places) for file in lock.files), key=lambda status: status.path
    )


def _status(root: Path, file: LockedFile, places: Places) -> FileStatus:
    path = places.where.get(file.id)
    marked = False
    if path is not None:
        state, marked = _file_state(root, file, path)
    else:
        state = FileState.UNCLEAR if file.id in places.unclear else FileState.MISSING
    reason = places.unclear.get(file.id, "")
    return FileStatus(file, path or file.path, state, _base_state(root, file), reason, marked)


def _file_state(root: Path, file: LockedFile, path: str) -> tuple[FileState, bool]:
    """Give what became of a file that is there, and whether conflict markers stand in it."""
    try:
        content = read_whole(f"{root}/{path}")
    except (FileNotFoundError, NotADirectoryError):
        return FileState.MISSING, False
    except OSError:
        return FileState.EDITED, False
    # A checkout may have given the file other line endings: that is not an edit.
    unix = content.replace(b"\r\n", b"\n")
    state = FileState.CLEAN if digest(unix) == file.base else FileState.EDITED
    return state, has_markers(content)


def _base_state(root: Path, file: LockedFile) -> BaseState:
    try:
        content = read_whole(f"{root}/{base_path(file.base)}")
    except OSError:
        return BaseState.MISSING
    return BaseState.SOUND if digest(content) == file.base else BaseState.ALTERED
