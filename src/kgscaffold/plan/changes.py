"""From a plan to the changes that are written: its files, and the state that goes with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from kgscaffold.apply import Change
from kgscaffold.apply.files import read_whole
from kgscaffold.plan.model import Plan
from kgscaffold.state.lock import Lock, read_lock, write_lock
from kgscaffold.state.paths import FIXED_FILES, LOCK, base_path, digest

Contents = dict[str, bytes | None]
_NONE: Mapping[str, bytes] = MappingProxyType({})


class Prepared(NamedTuple):
    """A plan, and every change on disk that it means; nobody looks there again to write it."""

    plan: Plan
    changes: tuple[Change, ...]


def prepare(plan: Plan, root: Path, bases: Mapping[str, bytes] = _NONE) -> Prepared:
    """Give a plan for a folder with its changes, the lock last; none that changes nothing.

    `bases` are the pristine texts, by hash, that are known to be there.
    """
    before, after, sources = _files(plan)
    texts = {digest(base): base for base in plan.bases}
    state: Contents = {base_path(name): texts[name] for name in texts.keys() - bases.keys()}
    state |= {
        path: content_of(f"{root}/{path}") or content for path, content in FIXED_FILES.items()
    }
    for path, new in [*sorted(state.items()), (LOCK, _lock_text(plan.lock, root))]:
        before[path], after[path] = content_of(f"{root}/{path}"), new
    changes = tuple(
        Change(path, before.get(path), content, mode_of(root / sources.get(path, path)))
        for path, content in after.items()
        if before.get(path) != content
    )
    return Prepared(plan, changes)


def _files(plan: Plan) -> tuple[Contents, Contents, dict[str, str]]:
    """Give the contents before and after by path, and where moved files come from."""
    before: Contents = {}
    after: Contents = {}
    sources: dict[str, str] = {}
    for action in plan.actions:
        source = action.moved_from or action.path
        before[source] = before.get(source) if action.before is None else action.before
        if action.moved_from:
            sources[action.path] = source
        if action.moved_from or action.after is None:
            after.setdefault(source, None)
        if action.after is not None:
            after[action.path] = action.after
    return before, after, sources


def _lock_text(lock: Lock, root: Path) -> bytes:
    """Give the lock as it is on the disk, however it is laid out there, if it says the same."""
    there = content_of(f"{root}/{LOCK}")
    return there if there is not None and read_lock(there) == lock else write_lock(lock)


def content_of(path: str) -> bytes | None:
    """Give a file's content; None where there is no file."""
    try:
        return read_whole(path)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def mode_of(path: Path) -> int | None:
    """Give a file's permission bits; None where there is no file."""
    return path.stat().st_mode & 0o7777 if path.is_file() else None
