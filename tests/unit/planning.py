"""Small projects and templates for the planner, without copier and without a disk."""

from __future__ import annotations

from collections.abc import Mapping

from kgscaffold.answers import Answers, Database, Framework
from kgscaffold.plan.cases import unix
from kgscaffold.plan.initial import plan_init
from kgscaffold.plan.model import Action, Plan
from kgscaffold.plan.update import plan_update
from kgscaffold.project.survey import Survey
from kgscaffold.render import RenderedFile, Rendering
from kgscaffold.render.changelog import TemplateChange
from kgscaffold.render.rules import find_id, policy_of
from kgscaffold.state.lock import Lock
from kgscaffold.state.paths import digest

ANSWERS = Answers(Framework.FASTAPI, Database.SQLITE, "shop")


def text_of(file_id: str, *lines: str) -> str:
    """Give a file's text with its header."""
    return "".join(f"{line}\n" for line in (f"# kgscaffold:id={file_id}", *lines))


def rendering_of(files: Mapping[str, str], **parents: str | None) -> Rendering:
    """Give a rendering of texts by path; each has its header. `parents` are those of migrations."""
    rendering = {}
    for path, text in files.items():
        file_id = find_id(text)
        assert file_id
        parent = parents.get(file_id.rpartition("/")[2])
        rendering[file_id] = RenderedFile(file_id, path, policy_of(file_id), text.encode(), parent)
    return rendering


def lock_of(rendering: Rendering, tool: str = "0.1.0") -> Lock:
    """Give the lock of a project fresh from a rendering."""
    lock = plan_init(ANSWERS, rendering).lock
    return lock._replace(tool=tool, files=tuple(sorted(lock.files, key=lambda file: file.id)))


class Project:
    """A project in memory: made from a rendering, edited, and updated any number of times."""

    def __init__(self, rendering: Rendering) -> None:
        self.lock = lock_of(rendering)
        self.files = {file.path: file.content for file in rendering.values()}
        self.bases = {digest(file.content): file.content for file in rendering.values()}

    def survey(self) -> Survey:
        where = {file.id: file.path for file in self.lock.files if file.path in self.files}
        for path, content in self.files.items():
            found = find_id(content.decode("utf-8", "replace"))
            if found in {file.id for file in self.lock.files} and not path.endswith(".kg-new"):
                where.setdefault(str(found), path)
        return Survey(self.lock, dict(self.files), where, dict(self.bases))

    def plan(
        self,
        rendering: Rendering,
        changelog: tuple[TemplateChange, ...] = (),
        *,
        only_security: bool = False,
        tool: str = "0.2.0",
    ) -> Plan:
        return plan_update(
            self.survey(), ANSWERS, rendering, changelog, only_security=only_security, tool=tool
        )

    def carry_out(self, plan: Plan) -> None:
        """Do what a plan says, as `apply` does on a disk."""
        for action in plan.actions:
            if action.moved_from or action.after is None:
                self.files.pop(action.moved_from or action.path, None)
        for action in plan.actions:
            if action.after is not None:
                self.files[action.path] = action.after
        self.lock = plan.lock
        self.bases |= {digest(base): base for base in plan.bases}

    def update(self, rendering: Rendering) -> dict[str, Action]:
        """Update, check that a second update has nothing to do, and give the actions by id."""
        plan = self.plan(rendering)
        self.carry_out(plan)
        if not plan.needs_person:
            again = self.plan(rendering)
            assert not any(action.writes for action in again.actions), again.actions
            assert again.lock == self.lock
        return {action.id: action for action in plan.actions}

    def text(self, path: str) -> str:
        return unix(self.files[path]).decode()


CORE, HANDLER = "app/core.py", "app/handlers/success.py"
BODY = ("first = 1", "", "", "def work():", "    return first", "", "", "last = 9")


def core(*lines: str, path: str = CORE) -> dict[str, str]:
    return {path: text_of("core/work", *(lines or BODY))}


def handler(*lines: str, path: str = HANDLER) -> dict[str, str]:
    return {path: text_of("handlers/success", *(lines or BODY))}


FIXED = (*BODY[:-1], "last = 10")


def edit(project: Project, path: str, before: str, after: str) -> None:
    assert before in project.text(path)
    project.files[path] = project.text(path).replace(before, after).encode()
