"""Look at the files that a transaction is about, without following links."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

from kgscaffold.errors import PreconditionError
from kgscaffold.state.paths import digest

if TYPE_CHECKING:
    from kgscaffold.apply.journal import Change


def current_hash(root: Path, path: str) -> str | None:
    """Give the SHA-256 of a project's file, None if nothing is there.

    Raises PreconditionError for a link, a folder, or a path through a link or a file.
    """
    content = current_content(root, path)
    return None if content is None else digest(content)


def current_content(root: Path, path: str) -> bytes | None:
    """Give the content of a project's file, None if nothing is there; errors as current_hash."""
    obstacle = find_obstacle(root, path)
    if obstacle:
        raise PreconditionError(obstacle, paths=[path])
    try:
        return read_whole(f"{root}/{path}")
    except (FileNotFoundError, NotADirectoryError):
        return None


def read_whole(path: str) -> bytes:
    """Give a file's content; OSError as `open`. pathlib would take as long again as reading."""
    with FileIO(path) as file:
        return file.readall()


def read_head(path: str, length: int) -> bytes:
    """Give the first bytes of a regular file; nothing for anything else or where it is closed.

    Quick, because a whole tree is read like this; a pipe in it keeps nobody waiting.
    """
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):
            return b""
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError:
        return b""
    try:
        return os.read(descriptor, length)
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def refuse_read_only(root: Path, changes: Iterable[Change]) -> None:
    """Raise PreconditionError naming the files that would be changed, but are write-protected."""
    protected = [
        change.path
        for change in changes
        if change.before is not None and _is_read_only(root / change.path)
    ]
    if protected:
        raise PreconditionError(
            "these files are read-only, and would have to change",
            paths=protected,
            hint="Nothing was written. Make them writable, then run the command again.",
        )


def _is_read_only(path: Path) -> bool:
    try:
        return not path.stat().st_mode & stat.S_IWUSR
    except FileNotFoundError:  # Gone since it was read, which is refused when it is to be changed.
        return False


def find_obstacle(root: Path, path: str) -> str:
    """Say what keeps a file from being at `path`: a link, a folder, a file above; or nothing."""
    above = find_obstacle_above(root, path)
    if above:
        return above
    kind = kind_of(f"{root}/{path}")
    if kind == stat.S_IFLNK:
        return f"{path} is a symbolic link"
    return f"{path} is not a regular file" if kind not in {None, stat.S_IFREG} else ""


def find_obstacle_above(root: Path, path: str) -> str:
    """Say which part of the way to `path` is no folder of the project's own; or nothing."""
    end = path.find("/")
    while end > 0:
        kind = kind_of(f"{root}/{path[:end]}")
        if kind == stat.S_IFLNK:
            return f"{path[:end]} is a symbolic link"
        if kind not in {None, stat.S_IFDIR}:
            return f"{path[:end]} is not a folder"
        end = path.find("/", end + 1)
    return ""


def kind_of(path: str) -> int | None:
    """Give the kind of what is at a path, as `stat` names it; None if there is nothing."""
    try:
        return stat.S_IFMT(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return None


def missing_folders(root: Path, paths: list[str]) -> tuple[str, ...]:
    """Give the folders that do not exist yet for those files, parents first."""
    needed = {parent.as_posix() for path in paths for parent in Path(path).parents}
    return tuple(sorted(name for name in needed - {"."} if not (root / name).is_dir()))
