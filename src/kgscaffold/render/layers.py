"""Find the templates, and the files that the layers of a combination have together."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import kgscaffold
from kgscaffold.errors import PreconditionError

MACROS = "_macros"
SUFFIX = ".jinja"


class Template(NamedTuple):
    """One file of a layer: it goes to `path`, which is a template too, with `/`.

    Its content is rendered if `rendered` is true, else it is taken as it is.
    """

    path: str
    content: bytes
    rendered: bool


def templates_root() -> Path:
    """Give the folder of templates: inside the wheel, or the repository's own."""
    package = Path(kgscaffold.__file__).resolve().parent
    installed = package / "templates"
    root = installed if installed.is_dir() else package.parents[1] / "templates"
    if not root.is_dir():
        raise unreadable(installed, "the folder is missing")
    return root


def read_layers(templates: Path, layers: tuple[str, ...]) -> list[Template]:
    """Give the files of all layers, in the order of the layers and of their paths.

    Raises PreconditionError where a layer cannot be read or two layers have the same path.
    """
    found: dict[str, Template] = {}
    for layer in layers:
        for name, content in _files(templates / layer):
            template = Template(name.removesuffix(SUFFIX), content, name.endswith(SUFFIX))
            if template.path in found:
                raise unreadable(templates / layer / name, "two layers contain the same path")
            found[template.path] = template
    return list(found.values())


def read_macros(templates: Path) -> dict[str, bytes]:
    """Give what templates may import, by name; nothing where there are none."""
    folder = templates / MACROS
    return dict(_files(folder)) if folder.is_dir() else {}


def unreadable(path: Path, reason: str) -> PreconditionError:
    """Give the error for templates that cannot be used, with the way out."""
    return PreconditionError(
        f"the templates cannot be read: {reason}",
        paths=[str(path)],
        hint="Install kgscaffold again, or make the folder readable.",
    )


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Give the paths below a folder and their contents, in order."""
    start = len(str(folder)) + 1
    try:
        for parent, folders, names in os.walk(folder, onerror=_refuse):
            folders.sort()
            for name in sorted(name for name in names if not name.endswith(".pyc")):
                path = f"{parent}{os.sep}{name}"
                yield path[start:].replace(os.sep, "/"), Path(path).read_bytes()
    except OSError as error:
        where = Path(error.filename or folder)
        missing = isinstance(error, FileNotFoundError) and where == folder
        reason = "the folder is missing" if missing else error.strerror or str(error)
        raise unreadable(where, reason) from error


def _refuse(error: OSError) -> None:
    raise error
