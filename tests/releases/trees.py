"""The trees of every version that was released, as its `init` wrote them.

`<version>/<form>-<database>.json` is the lock of a project fresh from that version; `base/`
holds the pristine texts that the locks refer to, by hash. So what versions and combinations have
in common is kept once, and a diff shows what a release changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kgscaffold.answers import Answers
from kgscaffold.apply import apply
from kgscaffold.plan.changes import prepare
from kgscaffold.plan.initial import plan_init
from kgscaffold.render import RenderedFile, Rendering
from kgscaffold.stacks import stack_of
from kgscaffold.state.lock import read_lock
from kgscaffold.versions import is_version, parsed
from tests.forms import name_of_form

FOLDER = Path(__file__).parent
BASES = FOLDER / "base"


@dataclass(frozen=True)
class Release:
    """One combination as a version rendered it."""

    version: str
    answers: Answers
    rendering: Rendering

    @property
    def cell(self) -> str:
        """Its combination, `fastapi-sqlite`."""
        return _named(self.answers)

    @property
    def name(self) -> str:
        return f"{self.version}-{self.cell}"

    def write(self, root: Path) -> None:
        """Make a project as that version's `init` left it, without an undo."""
        plan = plan_init(self.answers, self.rendering)
        apply(
            root,
            "init",
            prepare(plan._replace(lock=plan.lock._replace(tool=self.version)), root).changes,
        )


def versions() -> list[str]:
    """Give the recorded versions, the oldest first."""
    names = [path.name for path in FOLDER.iterdir() if is_version(path.name)]
    return sorted(names, key=parsed)


def releases() -> list[Release]:
    """Give every recorded combination of every version, the oldest first."""
    return [
        _read(version, path)
        for version in versions()
        for path in sorted((FOLDER / version).glob("*.json"))
    ]


def lock_path(version: str, answers: Answers) -> Path:
    """Give where a combination of a version is recorded."""
    return FOLDER / version / f"{_named(answers)}.json"


def base_file(sha256: str) -> Path:
    """Give where the text with that hash is recorded."""
    return BASES / f"{sha256}.base"


def _named(answers: Answers) -> str:
    return f"{name_of_form(stack_of(answers))}-{answers.database}"


def _read(version: str, path: Path) -> Release:
    lock = read_lock(path.read_bytes())
    rendering = {
        file.id: RenderedFile(
            file.id, file.path, file.policy, base_file(file.base).read_bytes(), file.parent
        )
        for file in lock.files
    }
    return Release(version, lock.answers, rendering)
