"""What an edit of the shop broke: found in its records and its log, and told with its place."""

from __future__ import annotations

import shlex
import time
from typing import TYPE_CHECKING

from kgscaffold.demo.excerpt import excerpt
from kgscaffold.demo.shop import handler_failure
from kgscaffold.errors import PersonNeededError, PreconditionError
from kgscaffold.program import own_program

if TYPE_CHECKING:
    from pathlib import Path

    from kgscaffold.demo.project import Project
    from kgscaffold.demo.shop import Records

_LOGGED_WITHIN = 2.0  # seconds; the shop stores a failure first, and then logs it


class Log:
    """What the shop's log got since this run began."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._begin = path.stat().st_size if path.exists() else 0

    def text(self) -> str:
        """Give it, with what is no UTF-8 escaped."""
        with self.path.open("rb") as file:
            file.seek(self._begin)
            return file.read().decode("utf-8", "backslashreplace")


def failed_handler(records: Records) -> str | None:
    """Give the exception that a handler of the order raised, as the shop stored it; None if none.

    It is tried again, but the waits get long, and what an edit broke stays broken.
    """
    return next(filter(None, map(handler_failure, records.callbacks)), None)


def handler_error(raised: str, project: Project, log: Log) -> PersonNeededError:
    """Give the error for a handler that raised, with its file, line and source."""
    place = _place(project, log)
    return PersonNeededError(
        f"a handler raised {raised}{place}",
        hint=f"{_again(project)}\nThe whole traceback is in {log.path}",
    )


def start_error(told: str, project: Project, log: Log) -> PersonNeededError:
    """Give the error for a shop that was made by an earlier demo, and does not do its part now."""
    return PersonNeededError(
        f"the demo failed: {told}",
        hint=f"{excerpt(log.text())}\nThe shop's log is {log.path}\n"
        f"Perhaps for an edit of yours. {_again(project)}",
    )


def step_error(failed: PreconditionError, project: Project) -> PersonNeededError:
    """Give the error for such a shop that is not built, or its database not migrated, any more.

    Where the command loads the application, any edit of it may be why.
    """
    return PersonNeededError(
        failed.message, hint=f"{failed.hint}\nPerhaps for an edit of yours. {_again(project)}"
    )


def _again(project: Project) -> str:
    command = f"{own_program()} demo {shlex.quote(str(project.root))}"
    return f"Mend it, and run the demo again: {command}"


def _place(project: Project, log: Log) -> str:
    """Give the last place in a handler that the log's last traceback went through."""
    language = project.stack.language
    handlers = f"{language.run_module(project.answers.module)}/handlers"
    deadline = time.monotonic() + _LOGGED_WITHIN
    while True:
        if found := language.places(handlers, log.text()):
            return f"\n  {found[-1]}"
        if time.monotonic() > deadline:
            return ""
        time.sleep(0.05)
