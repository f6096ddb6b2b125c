"""Read what an update's plan is made from: the user's files, where they are now, and the bases."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from kgscaffold.answers import Policy
from kgscaffold.apply.files import current_content, read_head
from kgscaffold.errors import PreconditionError
from kgscaffold.render.rules import HEADER_MARK, find_id
from kgscaffold.state.lock import Lock, LockedFile
from kgscaffold.state.paths import base_path, digest, is_inside

if TYPE_CHECKING:
    from kgscaffold.merge.formatters import Formatter

SIDECAR = ".kg-new"
_HEAD = 4096
_TEXT = 1024 * 1024
_FOREIGN = frozenset({"node_modules", "__pycache__", "site-packages"})


@dataclass(frozen=True, slots=True)
class Survey:
    """A project as it is found; the planner needs no more.

    `files` are the contents by path, `where` the paths of the managed files that are there, by id,
    `bases` the sound pristine texts by hash. `formatter` looks for the project's own.
    """

    lock: Lock
    files: Mapping[str, bytes]
    where: Mapping[str, str]
    bases: Mapping[str, bytes]
    formatter: Callable[[], Formatter | None] = lambda: None

    def place_of(self, path: str) -> str:
        """Give where a new file of the templates belongs: in the folder that the user renamed."""
        return _placed(path, _folders(self.lock, self.where))

    def content(self, file_id: str) -> bytes | None:
        """Give the user's copy of a managed file, None if it was deleted."""
        path = self.where.get(file_id)
        return None if path is None else self.files[path]


def survey(root: Path, lock: Lock, candidates: Iterable[str] = ()) -> Survey:
    """Read a project; `candidates` are further paths that the plan may write to.

    Raises PreconditionError for links, folders or unreadable files in a managed place, an id that
    cannot be told where it is, a path that the lock cannot hold, and a base that was tampered with.
    """
    where = locate(root, lock)
    _refuse_odd_names(where)
    bases = _read_bases(root, lock)
    paths = {*where.values(), *(file.path for file in lock.files)}
    folders = _folders(lock, where)
    paths |= {place for path in candidates for place in (path, _placed(path, folders))}
    paths |= {f"{path}{SIDECAR}" for path in paths} | set(_siblings(root, lock, where))
    files = {path: content for path in sorted(paths) if (content := _read(root, path)) is not None}
    return Survey(lock, files, where, bases, cache(lambda: _formatter(root)))


def locate(root: Path, lock: Lock) -> dict[str, str]:
    """Give where each managed file is now, by id; those that were deleted are left out.

    A file that is not at its recorded path, or where another managed one is now, is looked for
    by its header. Raises PreconditionError where two files carry it.
    """
    known = {file.id for file in lock.files}
    heads = {file.path: _head_id(root, file.path) for file in lock.files}
    where = {
        file.id: file.path
        for file in lock.files
        if (root / file.path).is_file()
        and (heads[file.path] in {None, file.id} or heads[file.path] not in known)
    }
    missing = [file for file in lock.files if file.id not in where]
    return where | (_found_by_header(root, missing) if missing else {})


def _folders(lock: Lock, where: Mapping[str, str]) -> dict[str, Counter[str]]:
    """Count, for each folder of the templates, the folders where its files are now."""
    folders: dict[str, Counter[str]] = {}
    for file in lock.files:
        if file.id in where:
            now = folders.setdefault(_folder_of(file.template_path), Counter())
            now[_folder_of(where[file.id])] += 1
    return folders


def _placed(path: str, folders: Mapping[str, Counter[str]]) -> str:
    """Give a path in a folder of the templates as it is where most of that folder's files are now.

    That of the templates where one of them is still there.
    """
    folder = _folder_of(path)
    while folder and folder not in folders:
        folder = _folder_of(folder)
    if not folder or folder in folders[folder]:
        return path
    ((place, _),) = folders[folder].most_common(1)
    return f"{place}{path[len(folder) :]}".removeprefix("/")


def _folder_of(path: str) -> str:
    """Give the folder of a path, empty for the project's own."""
    return path.rpartition("/")[0]


def _formatter(root: Path) -> Formatter | None:
    from kgscaffold.merge.formatters import detect

    return detect(root)


def _refuse_odd_names(where: Mapping[str, str]) -> None:
    odd = sorted(path for path in where.values() if not is_inside(path))
    if odd:
        raise PreconditionError(
            "these names cannot be recorded in the lock",
            paths=odd,
            hint="Nothing was written. Rename them: no backslash, no colon in the first part, no"
            " control character, UTF-8.",
        )


def _found_by_header(root: Path, missing: list[LockedFile]) -> dict[str, str]:
    wanted = {file.id: file for file in missing}
    found: dict[str, list[str]] = {}
    for path in _walk(root):
        if (file_id := _head_id(root, path)) in wanted:
            found.setdefault(str(file_id), []).append(path)
    for file_id, paths in sorted(found.items()):
        if len(paths) > 1:
            raise PreconditionError(
                f"{wanted[file_id].path} is gone, and these files carry its id {file_id}",
                paths=sorted(paths),
                hint="Nothing was written. Keep the kgscaffold:id line in the one that replaces it,"
                " and delete that line in the others.",
            )
    return {file_id: path for file_id, (path,) in found.items()}


def texts(root: Path) -> dict[str, bytes]:
    """Give the project's regular files by path, but for very large ones and those of others."""
    return {
        name: path.read_bytes()
        for name in _walk(root)
        if (path := root / name).is_file()
        and not path.is_symlink()
        and os.access(path, os.R_OK)
        and path.stat().st_size <= _TEXT
    }


def _walk(root: Path) -> Iterator[str]:
    """Give the paths of the project's files; not those of tools, environments, other projects."""
    start = len(f"{root}{os.sep}")
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not _is_foreign(Path(folder, name)))
        way = f"{folder}{os.sep}"[start:].replace(os.sep, "/")
        for name in sorted(names):
            if not name.endswith(SIDECAR):
                yield f"{way}{name}"


def _is_foreign(folder: Path) -> bool:
    """Tell whether a folder holds files of others: tools, environments, another project."""
    return (
        folder.name.startswith(".")
        or folder.name in _FOREIGN
        or (folder / "pyvenv.cfg").exists()
        or (folder / ".kgscaffold").exists()
    )


def _head_id(root: Path, path: str) -> str | None:
    head = read_head(f"{root}{os.sep}{path}", _HEAD)
    return find_id(head.decode("utf-8", "replace")) if HEADER_MARK in head else None


def _siblings(root: Path, lock: Lock, where: Mapping[str, str]) -> Iterator[str]:
    """Give every file beside the migrations, the user's own among them."""
    paths = [where.get(file.id, file.path) for file in lock.files if file.policy is Policy.ONCE]
    for folder in sorted({PurePosixPath(path).parent for path in paths}):
        if (root / folder).is_dir():
            for path in sorted((root / folder).iterdir()):
                if path.is_file() and not path.is_symlink():
                    yield path.relative_to(root).as_posix()


def _read(root: Path, path: str) -> bytes | None:
    try:
        return current_content(root, path)
    except PreconditionError as error:
        raise PreconditionError(
            error.message,
            paths=error.paths,
            hint="Nothing was written. Put a regular file there, or move it out of the way.",
        ) from error
    except OSError as error:
        raise PreconditionError(
            f"a file cannot be read: {error.strerror}",
            paths=[path],
            hint="Nothing was written. Make it readable.",
        ) from error


def _read_bases(root: Path, lock: Lock) -> dict[str, bytes]:
    contents = {file.base: _read(root, base_path(file.base)) for file in lock.files}
    bases = {sha256: content for sha256, content in contents.items() if content is not None}
    altered = sorted(base_path(name) for name, content in bases.items() if digest(content) != name)
    if altered:
        raise PreconditionError(
            "pristine texts were changed, so edits cannot be told from generated code",
            paths=altered,
            hint="Nothing was written. Restore them: git checkout -- .kgscaffold/base",
        )
    return bases
