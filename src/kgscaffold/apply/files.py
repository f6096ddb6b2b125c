"""Look at the files that a transaction is about, without following links."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from pathlib import Path

from kgscaffold.apply.journal import Change
from kgscaffold.errors import PreconditionError
from kgscaffold.state.paths import digest


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
    target = root / path
    return target.read_bytes() if target.exists() else None


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
    target = root / path
    if target.is_symlink():
        return f"{path} is a symbolic link"
    if target.exists() and not target.is_file():
        return f"{path} is not a regular file"
    return ""


def find_obstacle_above(root: Path, path: str) -> str:
    """Say which part of the way to `path` is no folder of the project's own; or nothing."""
    folder = root
    for part in path.split("/")[:-1]:
        folder = folder / part
        if folder.is_symlink():
            return f"{folder.relative_to(root)} is a symbolic link"
        if folder.exists() and not folder.is_dir():
            return f"{folder.relative_to(root)} is not a folder"
    return ""


def missing_folders(root: Path, paths: list[str]) -> tuple[str, ...]:
    """Give the folders that do not exist yet for those files, parents first."""
    needed = {parent.as_posix() for path in paths for parent in Path(path).parents}
    return tuple(sorted(name for name in needed - {"."} if not (root / name).is_dir()))
