"""`templates/changelog.toml`: why the templates changed, per release and logical id."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from kgscaffold.answers import Framework
from kgscaffold.errors import PreconditionError
from kgscaffold.render.layers import templates_root, unreadable
from kgscaffold.versions import is_version

CHANGELOG = "changelog.toml"


class ChangeClass(StrEnum):
    """How much a change of the templates matters, the gravest first."""

    SECURITY = "security"
    CORRECTNESS = "correctness"
    FEATURE = "feature"
    STYLE = "style"


class TemplateChange(NamedTuple):
    """One change of the templates: the files it touches belong together.

    `frameworks` are those whose projects have it; none: all.
    """

    version: str
    kind: ChangeClass
    why: str
    ids: tuple[str, ...]
    frameworks: tuple[Framework, ...] = ()

    def concerns(self, framework: Framework) -> bool:
        """Say whether projects of a framework have the change."""
        return not self.frameworks or framework in self.frameworks


def read_changelog(templates: Path | None = None) -> tuple[TemplateChange, ...]:
    """Give every change of the templates, in the order of the file.

    Raises PreconditionError where the file cannot be read or is not sound.
    """
    import tomllib

    path = (templates or templates_root()) / CHANGELOG
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        return tuple(
            _change(version, entry)
            for version, entries in document.items()
            for entry in entries["change"]
        )
    except OSError as error:
        raise unreadable(path, error.strerror or str(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _broken(path, error) from error


def _change(version: str, entry: dict[str, Any]) -> TemplateChange:
    if not is_version(version):
        raise ValueError(f"{version!r} is not a version")
    ids, why = entry["ids"], entry["why"]
    if not (isinstance(why, str) and ids and all(isinstance(name, str) for name in ids)):
        raise ValueError(f"an entry of {version} lacks ids or a why")
    frameworks = tuple(Framework(name) for name in entry.get("frameworks", ()))
    return TemplateChange(version, ChangeClass(entry["class"]), why, tuple(ids), frameworks)


def _broken(path: Path, error: Exception) -> PreconditionError:
    return PreconditionError(
        f"the templates are broken: their changelog is not sound ({error})",
        paths=[str(path)],
        hint="Install kgscaffold again; if that does not help, please report it.",
    )
