"""Read what an update's plan is made from: the user's files, where they are now, and the bases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from kgscaffold.answers import Policy
from kgscaffold.apply.files import current_content, find_obstacle_above, kind_of
from kgscaffold.errors import PreconditionError
from kgscaffold.project.locate import SIDECAR, copies, locate
from kgscaffold.state.lock import Lock
from kgscaffold.state.paths import base_path, digest, is_inside

if TYPE_CHECKING:
    from kgscaffold.merge.formatters import Formatter


class Survey(NamedTuple):
    """A project as it is found; the planner needs no more.

    `files` are the contents by path, `where` the paths of the managed files that are there, by id,
    `bases` the sound pristine texts by hash. `formatter` looks for the project's own.
    `unclear` says of managed files, by id, why they cannot be told or touched, `blocked` are paths
    where something is that is no file to read, and `copies`, by id, the other files that carry it.
    """

    lock: Lock
    files: Mapping[str, bytes]
    where: Mapping[str, str]
    bases: Mapping[str, bytes]
    formatter: Callable[[], Formatter | None] = lambda: None
    unclear: Mapping[str, str] = MappingProxyType({})
    blocked: frozenset[str] = frozenset()
    copies: Mapping[str, tuple[str, ...]] = MappingProxyType({})

    def place_of(self, path: str) -> str:
        """Give where a new file of the templates belongs: in the folder that the user renamed."""
        return _placed(path, _folders(self.lock, self.where))

    def own_migrations(self, path: str) -> str:
        """Give a digest of the names of the user's own files beside a migration."""
        folder, managed = _folder_of(path), set(self.where.values())
        names = {name for name in self.files if _folder_of(name) == folder} - managed
        mine = sorted(name for name in names if not name.endswith(SIDECAR))
        return digest("\n".join(mine).encode())

    def content(self, file_id: str) -> bytes | None:
        """Give the user's copy of a managed file, None if it was deleted."""
        path = self.where.get(file_id)
        return None if path is None else self.files[path]


def survey(root: Path, lock: Lock, candidates: Iterable[str] = ()) -> Survey:
    """Read a project; `candidates` are further paths that the plan may write to.

    Raises PreconditionError for a link or a file in the way to a managed place, an id that
    cannot be told where it is, a path that the lock cannot hold, and a base that was tampered with.
    """
    places = locate(root, lock)
    where = places.where
    _refuse_odd_names(where)
    bases = _read_bases(root, lock)
    paths = {*where.values(), *(file.path for file in lock.files)}
    folders = _folders(lock, where)
    paths |= {place for path in candidates for place in (path, _placed(path, folders))}
    paths |= {f"{path}{SIDECAR}" for path in paths} | set(_siblings(root, lock, where))
    files, blocked = _read_all(root, paths)
    return Survey(
        lock=lock,
        files=files,
        where=where,
        bases=bases,
        formatter=cache(lambda: _formatter(root)),
        unclear=places.unclear,
        blocked=blocked,
        copies=copies(root, lock, where),
    )


def _read_all(root: Path, paths: Iterable[str]) -> tuple[dict[str, bytes], frozenset[str]]:
    """Give the contents by path, and the paths where something is that is no file to read.

    Raises PreconditionError where the way to one leads out of the project, and for sidecars.
    """
    files: dict[str, bytes] = {}
    blocked: set[str] = set()
    above = cache(lambda folder: find_obstacle_above(root, f"{folder}/"))
    for path in sorted(paths):
        obstacle = above(_folder_of(path))
        if not obstacle and _is_missing(f"{root}/{path}"):  # as most sidecars are
            continue
        strict = path.endswith(SIDECAR) or bool(obstacle)
        try:
            content = _read(root, path)
        except PreconditionError:
            if strict:
                raise
            blocked.add(path)
        else:
            files |= {} if content is None else {path: content}
    return files, frozenset(blocked)


def _is_missing(path: str) -> bool:
    try:
        return kind_of(path) is None
    except OSError:  # Reading it says why.
        return False


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
    names = {name for file in lock.files for name in file.bases}
    contents = {name: _read(root, base_path(name)) for name in sorted(names)}
    bases = {sha256: content for sha256, content in contents.items() if content is not None}
    altered = sorted(base_path(name) for name, content in bases.items() if digest(content) != name)
    if altered:
        raise PreconditionError(
            "pristine texts were changed, so edits cannot be told from generated code",
            paths=altered,
            hint="Nothing was written. Restore them: git checkout -- .kgscaffold/base",
        )
    return bases
