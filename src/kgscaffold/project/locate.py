"""Find each managed file: at its recorded path, or elsewhere by the id in its header."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from io import FileIO
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from kgscaffold.apply.files import find_obstacle, find_obstacle_above, kind_of, read_head
from kgscaffold.errors import PreconditionError
from kgscaffold.render.rules import HEADER_MARK, find_ids
from kgscaffold.state.lock import Lock, LockedFile

SIDECAR = ".kg-new"
_SECRETS = ".env"  # what .env.example is there to be copied to
_HEAD = 4096
_TEXT = 1024 * 1024
_FOREIGN = frozenset({"node_modules", "__pycache__", "site-packages"})
_BUILT = frozenset({"build", "_build", "dist", "out", "target", "vendor", "third_party", "htmlcov"})


class Places(NamedTuple):
    """Where the managed files are, by id; those that were deleted are left out.

    `unclear` says of others why they cannot be told or touched, though something is at their path.
    """

    where: Mapping[str, str]
    unclear: Mapping[str, str]


def names_in(root: Path) -> frozenset[str]:
    """Give the names of what is in the project's own folder; none where that is not there."""
    try:
        return frozenset(os.listdir(root))
    except OSError:
        return frozenset()


def locate(root: Path, lock: Lock) -> Places:
    """Find the managed files of a project.

    A file that is not at its recorded path, or where one with another id is now, is looked for by
    its header. Raises PreconditionError where two files carry it.
    """
    texts = {file.id: read_head(f"{root}/{file.path}", _HEAD) for file in lock.files}
    heads = {name: _ids_of(text) for name, text in texts.items()}
    where = {
        file.id: file.path
        for file in lock.files
        if _is_there(root, file.path, texts[file.id])
        and (not heads[file.id] or file.id in heads[file.id])
    }
    missing = [file for file in lock.files if file.id not in where]
    if missing:
        where |= _found_by_header(root, lock, missing, frozenset(where.values()))
    lost = [file for file in missing if file.id not in where]
    unclear = {file.id: _why_unclear(root, file, heads[file.id], where) for file in lost}
    return Places(where, {name: reason for name, reason in unclear.items() if reason})


def copies(root: Path, lock: Lock, where: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Give, by id, the files that carry it beside a managed file which has it already."""
    managed = {*where.values(), *(file.path for file in lock.files)}
    found: dict[str, tuple[str, ...]] = {}
    for folder in sorted({path.rpartition("/")[0] or "." for path in where.values()}):
        for entry in sorted(os.listdir(f"{root}/{folder}")):
            name = entry if folder == "." else f"{folder}/{entry}"
            if name in managed or name.endswith(SIDECAR) or entry == _SECRETS:
                continue
            for file_id in sorted(_ids_in(root, name) & where.keys()):
                found[file_id] = (*found.get(file_id, ()), name)
    return found


def texts(root: Path) -> dict[str, bytes]:
    """Give the project's regular files by path, but for very large ones and those of others."""
    paths = [
        name
        for name in _walk(root)
        if (path := root / name).is_file()
        and not path.is_symlink()
        and os.access(path, os.R_OK)
        and path.stat().st_size <= _TEXT
    ]
    ignored = _ignored(root, paths)
    return {name: (root / name).read_bytes() for name in paths if name not in ignored}


def _found_by_header(
    root: Path, lock: Lock, missing: list[LockedFile], taken: Collection[str]
) -> dict[str, str]:
    """Give where some files went, by id; never to a path that is another's."""
    wanted = {file.id: file for file in missing}
    ways = {parent for file in lock.files for parent in PurePosixPath(file.path).parents}
    found: dict[str, list[str]] = {}
    for path in _walk(root, {str(way) for way in ways}):
        for file_id in _ids_in(root, path) & wanted.keys() if path not in taken else ():
            found.setdefault(file_id, []).append(path)
    ignored = _ignored(root, [path for paths in found.values() for path in paths])
    clear: dict[str, str] = {}
    for file_id, paths in sorted(found.items()):
        candidates = [path for path in paths if path not in ignored]
        if len(candidates) > 1:
            raise PreconditionError(
                f"{wanted[file_id].path} is gone, and these files carry its id {file_id}",
                paths=sorted(candidates),
                hint="Nothing was written. Keep the kgscaffold:id line in the one that replaces it,"
                " and delete that line in the others.",
            )
        if candidates:
            clear[file_id] = candidates[0]
    return clear


def _why_unclear(
    root: Path, file: LockedFile, others: Iterable[str], where: Mapping[str, str]
) -> str:
    """Say why a file that is not found is not simply gone, and the way out; or nothing."""
    obstacle = _obstacle(root, file.path)
    if obstacle:
        return f"{obstacle}: put the file itself there, or take away what is there"
    first = min(others, default="")
    if not first or any(where.get(name) == file.path for name in others):
        return ""
    whose = f"as {where[first]} does" if first in where else "which is no file's here"
    return (
        f"it carries the id {first}, {whose}: write kgscaffold:id={file.id} there instead, or"
        " delete the file"
    )


def _is_there(root: Path, path: str, head: bytes) -> bool:
    """Tell whether a project's own file is at a path, of which these are the first bytes.

    What they were read from is a regular file, so that only the way to it is left to look at.
    """
    if head:
        return not find_obstacle_above(root, path)
    return not _obstacle(root, path) and kind_of(f"{root}/{path}") is not None


def _obstacle(root: Path, path: str) -> str:
    """Say what keeps a file from being read as the project's own; nothing if it is not there."""
    obstacle = find_obstacle(root, path)
    if not obstacle:
        try:
            FileIO(f"{root}/{path}").close()
        except (FileNotFoundError, NotADirectoryError):
            return ""
        except OSError as error:
            return f"{path} cannot be read ({error.strerror})"
    return obstacle


def _walk(root: Path, ways: Collection[str] = frozenset()) -> Iterator[str]:
    """Give the paths of the project's files; not those of tools, environments, other projects.

    Nor what was built or copied into it, but for `ways`: folders that lead to managed files.
    """
    start = len(f"{root}{os.sep}")
    for folder, folders, names in os.walk(root):
        way = f"{folder}{os.sep}"[start:].replace(os.sep, "/")
        folders[:] = sorted(
            name
            for name in folders
            if not _is_foreign(Path(folder, name)) and (name not in _BUILT or way + name in ways)
        )
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


def _ignored(root: Path, paths: Collection[str]) -> frozenset[str]:
    """Give those of some paths that git ignores; none without git or a repository."""
    if not paths:
        return frozenset()
    import subprocess

    # A hook that runs this names its own repository, which need not be the project's.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "check-ignore", "-z", "--stdin"],
            cwd=root,
            env=environment,
            input=b"\0".join(map(os.fsencode, paths)),
            capture_output=True,
            check=False,
        )
    except OSError:
        return frozenset()
    return frozenset(map(os.fsdecode, done.stdout.split(b"\0")))


def _ids_in(root: Path, path: str) -> frozenset[str]:
    """Give the ids in the header of a project's regular file; none for anything else."""
    return _ids_of(read_head(f"{root}{os.sep}{path}", _HEAD))


def _ids_of(head: bytes) -> frozenset[str]:
    if HEADER_MARK not in head:
        return frozenset()
    return frozenset(find_ids(head.decode("utf-8", "replace")))
