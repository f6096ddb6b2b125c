"""Change a project's files all at once or not at all, and take that back again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kgscaffold.apply.journal import Change, leftovers, transactions
from kgscaffold.apply.places import exclusive, nurseries
from kgscaffold.errors import PreconditionError

if TYPE_CHECKING:
    from kgscaffold.apply.backward import Outlook, TakenBack

__all__ = ["Change", "apply", "is_interrupted", "recover", "undo", "undoable"]


def apply(root: Path, command: str, changes: Sequence[Change]) -> None:
    """Make all the changes or none, after taking back an interrupted command.

    Raises PreconditionError, with every file as it was, where that is not possible.
    """
    from kgscaffold.apply.backward import take_back_interrupted
    from kgscaffold.apply.forward import transact

    with exclusive(root):
        take_back_interrupted(root)
        transact(root, command, changes)


def recover(root: Path) -> bool:
    """Take back what an interrupted command left; tell whether there was any."""
    from kgscaffold.apply.backward import take_back_interrupted

    with exclusive(root):
        interrupted = is_interrupted(root)
        take_back_interrupted(root)
    return interrupted


def undo(root: Path, expected: Outlook | None = None) -> TakenBack | None:
    """Take the last command back, or what an interrupted one left; None if there is nothing.

    An interrupted command that had changed no file yet gives an empty result. Raises
    PreconditionError, with nothing changed, where that is not what was `expected`.
    """
    from kgscaffold.apply import backward

    with exclusive(root):
        if expected is not None and backward.look_back(root) != expected:
            raise PreconditionError(
                "another command changed the project meanwhile", hint="Run undo again."
            )
        if backward.clean(root):
            return backward.TakenBack("", (), (), ())
        latest = next(iter(transactions(root)), None)
        return backward.take_back(root, latest) if latest else None


def is_interrupted(root: Path) -> bool:
    """Tell whether a command was stopped in the middle, so that `undo` has something to tidy."""
    if nurseries(root) or leftovers(root):
        return True
    latest = next(iter(transactions(root)), None)
    return latest is not None and not latest.done


def undoable(root: Path) -> list[str]:
    """Give the commands that `undo` can take back, the next one first."""
    return [transaction.journal.command for transaction in transactions(root)]
