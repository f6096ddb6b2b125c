"""`kgscaffold status`: what became of the generated files."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import TYPE_CHECKING, Any

from kgscaffold.cli.command import command
from kgscaffold.cli.common import Directory, Json, NoColor, Quiet, Verbose, help_end
from kgscaffold.output import Output

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from kgscaffold.project.status import FileStatus
    from kgscaffold.state.lock import Lock


Left = dict[str, tuple[str, ...]]
MARKED = "conflict markers stand in it: resolve them (<<<<<<< to >>>>>>>)"
NOTED = "left to you by an earlier update"

application, status_command = command(
    epilog=help_end(
        (
            "kgscaffold status shop",
            "kgscaffold status shop -v          with the project's own commands",
            "kgscaffold status shop --json",
        ),
        {
            0: "told, whatever became of them",
            5: "no project, an ejected one, or a lock that cannot be used",
        },
    )
)


@status_command
def status(
    directory: Directory = ".",
    *,
    json_mode: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Tell of every generated file in DIR: its policy, whether it was edited, whether it is behind
    the templates of this version, its base, and what is left to you: conflict markers, FILE.kg-new,
    what an update has told you and you have not dealt with.

    JSON: {"command", "directory", "tool": version that generated it, "answers", "files":
    [{"id", "path", "moved_from": path or null, "policy", "state":
    clean|edited|missing|unclear, "reason": why it is unclear or null, "behind": true|false,
    "base": sound|missing|altered, "left": [what is left to a person]}], "others": [{"path", "left"}
    of your own files], "new": [id that only the templates have], "behind": any of these, "counts":
    {state: number}, "sound": all bases are, "interrupted", "undoable": [command], "commands":
    {install|migrate|start|work|ops|test: [argument]}}. Where the templates cannot tell, "behind"
    and "new" are null.
    """
    from kgscaffold.detect import resolve_folder
    from kgscaffold.project.loading import load_lock
    from kgscaffold.project.status import FileState, file_statuses

    output = Output(json_mode=json_mode, quiet=quiet, verbose=verbose, color=not no_color)
    root = resolve_folder(directory)
    lock = load_lock(root)
    behind = _behind(lock, output)
    statuses = file_statuses(root, lock)
    if behind is not None:
        behind -= {item.file.id for item in statuses if item.state is FileState.MISSING}
    left = _left(root, lock, statuses, output)
    if not output.json_mode:
        for item in statuses:
            _show(item, output, behind=behind is not None and item.file.id in behind)
            _show_left(left.get(item.file.id, ()), output)
    document = _document(root, lock, statuses, behind, left)
    if not output.json_mode:
        for other in document["others"]:
            output.data(f"{'yours':24} {other['path']}")
            _show_left(other["left"], output)
        _summarise(document, output)
    output.document({"command": "status", "directory": directory, **document})


def _behind(lock: Lock, output: Output) -> frozenset[str] | None:
    """Give the ids of files that the templates have otherwise; None where that cannot be told."""
    from kgscaffold import __version__
    from kgscaffold.errors import PreconditionError
    from kgscaffold.project.current import is_current
    from kgscaffold.state.lock import newer
    from kgscaffold.versions import is_later

    try:
        if is_later(lock.tool, __version__):
            raise newer(lock.tool)
        if is_current(lock):
            return frozenset()
        from kgscaffold.plan.update import behind
        from kgscaffold.render import render

        return behind(lock, render(lock.answers))
    except PreconditionError as error:
        output.message(f"cannot tell what is behind: {error.message}", "yellow")
        return None


def _left(root: Path, lock: Lock, statuses: list[FileStatus], output: Output) -> Left:
    """Give what is left to a person, by file id, or by path where it is a file of the user's own.

    Where an update would be refused, that is what the lock and the folder know of it.
    """
    marked: Left = {item.file.id: (MARKED,) for item in statuses if item.marked}
    if not (lock.former or lock.lost or any(item.file.waits for item in statuses)):
        return marked
    from kgscaffold.errors import PreconditionError
    from kgscaffold.project.locate import SIDECAR
    from kgscaffold.scaffold import left_to_person

    try:
        if not marked:
            return left_to_person(root, lock)
    except PreconditionError as error:
        output.message(f"cannot tell what is left to you: {error.message}", "yellow")
    noted = {item.file.id: item.file.left or (NOTED,) for item in statuses if item.file.unsettled}
    sidecars = {item.file.id: f"{item.path.removesuffix(SIDECAR)}{SIDECAR}" for item in statuses}
    aside = {
        item.file.id: (f"{sidecars[item.file.id]} waits for you",)
        for item in statuses
        if item.file.sidecar and (root / sidecars[item.file.id]).is_file()
    }
    return noted | aside | marked


def _show_left(lines: Iterable[str], output: Output) -> None:
    for line in lines:
        output.data(f"{'':24} {line}", "red")


def _show(item: FileStatus, output: Output, *, behind: bool) -> None:
    base = "" if item.base == "sound" else f"  base {item.base}!"
    style = (
        "red"
        if base
        else {"clean": "", "edited": "yellow", "unclear": "red"}.get(item.state, "dim")
    )
    moved = f"  (moved from {item.file.path})" if item.path != item.file.path else ""
    late = "behind" if behind else ""
    why = f"  ({item.reason})" if item.reason else ""
    output.data(
        f"{item.file.policy:7} {item.state:8} {late:7} {item.path}{moved}{why}{base}", style
    )


def _summarise(document: dict[str, Any], output: Output) -> None:
    counts = sorted(document["counts"].items())
    output.message(", ".join(f"{count} {state}" for state, count in counts))
    if document["behind"]:
        output.message("behind the templates of this version: run update", "yellow")
    waiting = sum(bool(item["left"]) for item in (*document["files"], *document["others"]))
    if waiting:
        files = "1 file waits" if waiting == 1 else f"{waiting} files wait"
        output.message(f"{files} for you", "red")
    if document["interrupted"]:
        output.message("an interrupted command left it half done: run undo", "yellow")
    for name, arguments in document["commands"].items():
        output.detail(f"{name:8} {shlex.join(arguments)}")


def _document(
    root: Path,
    lock: Lock,
    statuses: list[FileStatus],
    behind: frozenset[str] | None,
    left: Left,
) -> dict[str, Any]:
    from kgscaffold.apply import is_interrupted, undoable
    from kgscaffold.project.locate import names_in
    from kgscaffold.stacks import stack_of

    stack = stack_of(lock.answers)
    known = {item.file.id for item in statuses}
    return {
        "tool": lock.tool,
        "answers": lock.answers._asdict(),
        "files": [_file_document(item, left.get(item.file.id, ()), behind) for item in statuses],
        "others": [
            {"path": path, "left": list(lines)}
            for path, lines in sorted(left.items())
            if path not in known
        ],
        "new": None if behind is None else sorted(behind - known),
        "behind": None if behind is None else bool(behind),
        "counts": dict(Counter(str(item.state) for item in statuses)),
        "sound": all(item.base == "sound" for item in statuses),
        "interrupted": is_interrupted(root),
        "undoable": undoable(root),
        "commands": stack.commands(lock.answers, names_in(root)).document(),
    }


def _file_document(
    item: FileStatus, left: tuple[str, ...], behind: frozenset[str] | None
) -> dict[str, Any]:
    return {
        "id": item.file.id,
        "path": item.path,
        "moved_from": item.file.path if item.path != item.file.path else None,
        "policy": str(item.file.policy),
        "state": str(item.state),
        "reason": item.reason or None,
        "behind": None if behind is None else item.file.id in behind,
        "base": str(item.base),
        "left": list(left),
    }
