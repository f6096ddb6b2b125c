"""Find the templates and assemble the layers of a combination into one folder."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import kgscaffold
from kgscaffold.errors import PreconditionError

MACROS = "_macros"
_SETTINGS = """\
_templates_suffix: .jinja
_exclude: [/copier.yml, /_macros]
_envops:
  keep_trailing_newline: true
  trim_blocks: true
  lstrip_blocks: true
  undefined: jinja2.StrictUndefined
"""


def templates_root() -> Path:
    """Give the folder of templates: inside the wheel, or the repository's own."""
    package = Path(kgscaffold.__file__).resolve().parent
    installed = package / "templates"
    root = installed if installed.is_dir() else package.parents[1] / "templates"
    if not root.is_dir():
        raise unreadable(installed, "the folder is missing")
    return root


def assemble(templates: Path, layers: tuple[str, ...], into: Path) -> None:
    """Copy the layers over each other into a new folder, ready for copier.

    Raises PreconditionError where a layer cannot be read or two layers have the same path.
    """
    into.mkdir()
    (into / "copier.yml").write_text(_SETTINGS, encoding="utf-8")
    for layer in (*layers, MACROS):
        source = templates / layer
        try:
            _copy(source, into / MACROS if layer == MACROS else into)
        except FileNotFoundError as error:
            if layer != MACROS:
                raise unreadable(source, "the folder is missing") from error
        except OSError as error:
            reason = error.strerror or str(error)
            raise unreadable(Path(error.filename or source), reason) from error


def unreadable(path: Path, reason: str) -> PreconditionError:
    """Give the error for templates that cannot be used, with the way out."""
    return PreconditionError(
        f"the templates cannot be read: {reason}",
        paths=[str(path)],
        hint="Install kgscaffold again, or make the folder readable.",
    )


def _copy(source: Path, target: Path) -> None:
    """Copy a tree. Raises OSError for whatever cannot be read, folders included."""
    for folder, _, names in os.walk(source, onerror=_refuse):
        for path in (Path(folder) / name for name in names if not name.endswith(".pyc")):
            copy = target / path.relative_to(source)
            if copy.exists():
                raise unreadable(path, "two layers contain the same path")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)


def _refuse(error: OSError) -> None:
    raise error
