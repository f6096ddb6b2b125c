"""Look at the folder that `init` was pointed to, before anything is asked or planned."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable
from pathlib import Path

from kgscaffold.apply.files import find_obstacle
from kgscaffold.errors import PreconditionError
from kgscaffold.project.loading import is_ejected, is_generated
from kgscaffold.state.paths import FOLDER

_MANIFESTS = (
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "requirements.txt",
    "Pipfile",
    "manage.py",
    "package.json",
    "deno.json",
    "go.mod",
    "Cargo.toml",
    "composer.json",
    "Gemfile",
    "pom.xml",
    "build.gradle",
)
# What stands beside a project that somebody is about to begin, apart from hidden files.
_BESIDE = ("changelog", "code_of_conduct", "contributing", "copying", "licen", "notice", "readme")


def resolve_folder(directory: str) -> Path:
    """Give the folder as an absolute path without links; it need not exist.

    Raises PreconditionError if something else is there, or in the way to it.
    """
    path = Path(directory)
    try:
        for folder in (path, *path.parents):
            if folder.is_symlink() and not folder.exists():
                raise _not_a_folder(folder, directory)
        resolved = path.resolve()
        for folder in (resolved, *resolved.parents):
            if folder.exists() and not folder.is_dir():
                raise _not_a_folder(folder, directory)
            if folder.is_dir():
                break
    except (OSError, RuntimeError, ValueError) as error:
        raise PreconditionError(f"cannot use the folder {directory!r}: {error}") from error
    return resolved


def refuse_unusable(root: Path) -> None:
    """Raise PreconditionError if `root` is not a place for a new project."""
    if is_generated(root):
        raise PreconditionError(
            f"{root} is a project of kgscaffold already",
            hint=f"`kgscaffold status {shlex.quote(os.path.relpath(root))}` shows its files.",
        )
    if is_ejected(root):
        raise PreconditionError(
            f"{root} was ejected: it is plain code, and not empty",
            hint=f"`kgscaffold undo` takes that back; for a new project delete {FOLDER}/ first.",
        )
    if os.path.lexists(root / FOLDER):
        raise PreconditionError(
            f"{root} has a {FOLDER} without a lock",
            paths=[FOLDER],
            hint="Restore it from version control, or delete it if this is a new project.",
        )
    manifests = [name for name in _MANIFESTS if os.path.lexists(root / name)]
    if manifests:
        raise PreconditionError(
            f"{root} is an existing project; "
            "adding payments to one is not supported yet, only new folders are",
            paths=manifests,
            hint="Nothing was written. Name a new or empty folder: kgscaffold init shop",
        )
    _refuse_unwritable(root)


def other_files(root: Path) -> list[str]:
    """Give the names in `root` that make it something else than the place of a new project.

    Hidden files, an environment, and what every repository has (README, LICENSE) do not.
    """
    if not root.is_dir():
        return []
    return sorted(
        path.name
        for path in root.iterdir()
        if not path.name.startswith(".")
        and not path.name.lower().startswith(_BESIDE)
        and not (path / "pyvenv.cfg").is_file()
    )


def refuse_other_files(root: Path) -> None:
    """Raise PreconditionError if `root` holds files of something else."""
    names = other_files(root)
    if names:
        raise PreconditionError(
            f"{root} holds other files",
            paths=names,
            hint="Nothing was written. Name a new or empty folder: kgscaffold init shop\n"
            "At a terminal and without --yes, `init` asks whether the shop may stand beside them.",
        )


def refuse_collisions(root: Path, paths: Iterable[str]) -> None:
    """Raise PreconditionError naming every path that a file to be written would collide with."""
    collisions = set()
    for path in paths:
        if find_obstacle(root, path):
            collisions.add(_first_obstacle(root, path))
        elif os.path.lexists(root / path):
            collisions.add(path)
    if collisions:
        raise PreconditionError(
            f"these are in {root} already and would be in the way",
            paths=sorted(collisions),
            hint="Nothing was written. Move them away, or name a new or empty folder.",
        )


def _first_obstacle(root: Path, path: str) -> str:
    ways = [parent.as_posix() for parent in reversed(Path(path).parents)][1:]
    for way in ways:
        if (root / way).is_symlink() or (root / way).is_file():
            return way
    return path


def _refuse_unwritable(root: Path) -> None:
    folder = root
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PreconditionError(
            f"cannot write into {folder}",
            hint="Nothing was written. Make it writable, or name another folder.",
        )


def _not_a_folder(path: Path, directory: str) -> PreconditionError:
    what = "a link to nothing" if path.is_symlink() else "not a folder"
    return PreconditionError(
        f"cannot use {directory!r}: {path} is {what}",
        hint="Nothing was written. Name a new or empty folder.",
    )
