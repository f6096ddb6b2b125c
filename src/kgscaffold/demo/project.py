"""Set the shop up: its files, its environment, its database; each step only where it is owed."""

from __future__ import annotations

import importlib.util
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from kgscaffold.answers import Answers, Database
from kgscaffold.apply import is_interrupted
from kgscaffold.demo.choice import DEFAULT_FRAMEWORK, Choice, databases_without_server
from kgscaffold.demo.excerpt import excerpt
from kgscaffold.demo.processes import CommandFailedError
from kgscaffold.detect import refuse_other_files, resolve_folder
from kgscaffold.errors import PreconditionError
from kgscaffold.project.loading import is_generated, load_lock
from kgscaffold.scaffold import check_folder, plan_project, write_plan
from kgscaffold.stacks import answers_for, stack_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kgscaffold.demo.processes import Processes
    from kgscaffold.stacks.model import Commands, Stack

OWN_FOLDER = ".demo"
_INSTALL = ("python", "-m", "pip", "install")


@dataclass(frozen=True, slots=True)
class Project:
    """The demo's shop on disk."""

    root: Path
    answers: Answers

    @property
    def stack(self) -> Stack:
        """What it is made of."""
        return stack_of(self.answers)

    @property
    def title(self) -> str:
        """What it is made of, for a person: `FastAPI with SQLite`."""
        return f"{self.stack.framework.title} with {self.stack.database.title}"

    @property
    def commands(self) -> Commands:
        """The project's own commands, as `status --json` gives them."""
        return self.stack.commands(self.answers)

    @property
    def database_url(self) -> str:
        """The address of the demo's database."""
        return self.stack.driver.url.format(name="shop")

    def log(self, name: str) -> Path:
        """The log of one of the demo's steps or processes."""
        return self.root / OWN_FOLDER / f"{name}.log"

    @property
    def interpreter(self) -> Path:
        """The project's own Python."""
        return self.root / ".venv" / "bin" / "python"


def find_project(directory: Path, choice: Choice) -> tuple[Project, bool]:
    """Give the shop for `directory`, and whether it is there already from an earlier demo.

    Raises PreconditionError where that one is not what was chosen. Nothing is written.
    """
    root = resolve_folder(str(directory))
    if is_generated(root) and (root / OWN_FOLDER).is_dir() and not is_interrupted(root):
        known = Project(root, load_lock(root).answers)
        made = Choice(known.answers.framework, known.answers.database)
        if any(wanted not in {None, had} for wanted, had in zip(choice, made, strict=True)):
            raise PreconditionError(
                f"{root} holds the shop of an earlier demo: {known.title}",
                hint="Name another folder for this one, or leave --framework and --database out.",
            )
        return known, True
    framework = choice.framework or DEFAULT_FRAMEWORK
    database = choice.database or Database(databases_without_server(framework)[0])
    return Project(root, answers_for(root.name, framework, database)), False


def write_project(project: Project) -> None:
    """Write the shop into its folder, a new or empty one.

    Raises PreconditionError for any other folder; then nothing was written.
    """
    root = project.root
    check_folder(root)
    plan = plan_project(root, project.answers)
    refuse_other_files(root)
    (root / OWN_FOLDER).mkdir(parents=True, exist_ok=True)
    (root / OWN_FOLDER / ".gitignore").write_text("*\n")
    write_plan(root, plan)


def install(project: Project, processes: Processes) -> None:
    """Install what the shop needs: into `.venv` by uv where there is one, else by pip; or by npm.

    Raises PreconditionError with the log, or with what this machine lacks.
    """
    done = project.root / OWN_FOLDER / "installed"
    if done.exists() and (project.root / project.stack.language.packages).exists():
        return
    if lacking := project.stack.language.lacking():
        raise PreconditionError(lacking)
    log = project.log("install")
    uv = find_uv()
    try:
        if not project.stack.language.environment:
            processes.run(project.commands.install, log)
        elif uv is None or not _install_by_uv(uv, project, processes, log):
            _install_by_pip(project, processes, log)
    except CommandFailedError as error:
        raise _failed("installing the shop", error, log, _install_hint(project)) from error
    done.touch()


def build(project: Project, processes: Processes) -> None:
    """Build the shop, which may have been edited; raises PreconditionError with the log."""
    log = project.log("build")
    try:
        processes.run(project.commands.build, log)
    except CommandFailedError as error:
        raise _failed("building the shop", error, log) from error


def migrate(project: Project, processes: Processes) -> None:
    """Bring the shop's database to the newest schema; raises PreconditionError with the log."""
    log = project.log("migrate")
    try:
        processes.run(project.commands.migrate, log)
    except CommandFailedError as error:
        raise _failed("migrating the database", error, log) from error


def find_uv() -> str | None:
    """Give the path of uv: the one beside this Python, else the one on PATH, or None."""
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.is_file() else shutil.which("uv")


def _install_by_uv(uv: str, project: Project, processes: Processes, log: Path) -> bool:
    command = project.commands.install
    if command[: len(_INSTALL)] != _INSTALL:
        return False
    venv = [uv, "venv", "--seed", "--clear", "--no-project", "--python", sys.executable]
    install = [uv, "pip", "install", "--python", str(project.interpreter)]
    try:
        processes.run([*venv, str(project.root / ".venv")], log)
        processes.run([*install, *command[len(_INSTALL) :]], log)
    except CommandFailedError:
        return False
    return True


def _install_by_pip(project: Project, processes: Processes, log: Path) -> None:
    processes.run([sys.executable, "-m", "venv", "--clear", str(project.root / ".venv")], log)
    processes.run(project.commands.install, log)


def _install_hint(project: Project) -> str:
    if not project.stack.language.environment:
        return f"Is there a network? In its folder, run: {shlex.join(project.commands.install)}"
    if importlib.util.find_spec("ensurepip") is None:
        return "This Python cannot make environments: install python3-venv, or uv."
    commands: Sequence[str] = [
        shlex.join(["cd", str(project.root)]),
        f"{shlex.quote(sys.executable)} -m venv .venv",
        ". .venv/bin/activate",
        shlex.join(project.commands.install),
    ]
    return "Is there a network? By hand: " + " && ".join(commands)


def _failed(what: str, error: CommandFailedError, log: Path, hint: str = "") -> PreconditionError:
    printed = log.read_text(encoding="utf-8", errors="backslashreplace")
    told = f"{excerpt(printed)}\nThe whole log is {log}"
    return PreconditionError(f"{what} failed: {error}", hint=f"{told}\n{hint}".rstrip())
