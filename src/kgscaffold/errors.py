"""Every error a user can meet, and the one table of exit codes."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from enum import IntEnum


class ExitCode(IntEnum):
    """What the process's exit status means (docs/architecture.md)."""

    DONE = 0
    BUG = 1
    USAGE = 2
    PERSON_NEEDED = 3
    BEHIND = 4
    PRECONDITION = 5
    VIOLATED = 6
    INTERRUPTED = 130
    CLOSED_PIPE = 141  # as a shell reports what SIGPIPE ended


class KgscaffoldError(Exception):
    """An expected failure: a message for a person, what to do about it, and the exit code.

    `paths` are the files it is about, as given to the user in `--json`.
    """

    exit_code = ExitCode.BUG

    def __init__(self, message: str, *, hint: str = "", paths: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.paths = tuple(paths)


class UsageError(KgscaffoldError):
    """The command line itself is wrong: a flag, or the lack of one."""

    exit_code = ExitCode.USAGE


class PreconditionError(KgscaffoldError):
    """The project or the machine is not in a state to work on; nothing was written."""

    exit_code = ExitCode.PRECONDITION


class PersonNeededError(KgscaffoldError):
    """The work is done, except for a part that only a person can do."""

    exit_code = ExitCode.PERSON_NEEDED


class InterruptedCommandError(KgscaffoldError):
    """Ctrl-C, or the end of the input, at a moment of which more can be said than that."""

    exit_code = ExitCode.INTERRUPTED


_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def no_room(error: OSError) -> PreconditionError | None:
    """Give the error of a disk that takes no more; None if it is another one."""
    if error.errno not in _NO_ROOM:
        return None
    return PreconditionError(
        f"cannot write: {error.strerror}",
        paths=[str(error.filename)] if error.filename else [],
        hint="Make room on the disk, then run the command again.",
    )
