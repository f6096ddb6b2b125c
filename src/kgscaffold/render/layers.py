"""Find the templates, and the files that the layers of a combination have together."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from typing import NamedTuple

import kgscaffold
from kgscaffold.errors import PreconditionError

MACROS = "_macros"
MANIFEST = "manifest.toml"
SUFFIX = ".jinja"


class Template(NamedTuple):
    """One file of a layer: it goes to `path`, which is a template too, with `/`.

    Its content is rendered if `rendered` is true, else it is taken as it is.
    """

    layer: str
    path: str
    content: bytes
    rendered: bool


class Layers(NamedTuple):
    """All that the layers of a combination have, in their order and that of the paths.

    `macros` are what their templates may import, by name, and `manifests` by layer the text that
    says what each of its files is.
    """

    templates: tuple[Template, ...]
    macros: dict[str, bytes]
    manifests: dict[str, bytes]


def templates_root() -> Path:
    """Give the folder of templates: inside the wheel, or the repository's own."""
    package = Path(kgscaffold.__file__).resolve().parent
    installed = package / "templates"
    root = installed if installed.is_dir() else package.parents[1] / "templates"
    if not root.is_dir():
        raise unreadable(installed, "the folder is missing")
    return root


def read_layers(templates: Path, layers: tuple[str, ...]) -> Layers:
    """Give what all layers have together.

    Raises PreconditionError where a layer cannot be read or two layers have the same path.
    """
    found: dict[str, Template] = {}
    macros: dict[str, bytes] = {}
    manifests: dict[str, bytes] = {}
    for layer in layers:
        for name, content in _files(templates / layer):
            folder, _, rest = name.partition("/")
            if name == MANIFEST:
                manifests[layer] = content
                continue
            path = name.removesuffix(SUFFIX)
            if path in found or rest in macros:
                raise unreadable(templates / layer / name, "two layers contain the same path")
            if folder == MACROS:
                macros[rest] = content
            else:
                found[path] = Template(layer, path, content, name.endswith(SUFFIX))
    return Layers(tuple(found.values()), macros, manifests)


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
                with FileIO(path) as file:  # in half the time of pathlib's
                    yield path[start:].replace(os.sep, "/"), file.readall()
    except OSError as error:
        where = Path(error.filename or folder)
        missing = isinstance(error, FileNotFoundError) and where == folder
        reason = "the folder is missing" if missing else error.strerror or str(error)
        raise unreadable(where, reason) from error


def _refuse(error: OSError) -> None:
    raise error
