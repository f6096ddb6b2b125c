"""`kgscaffold undo`: the last command taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from typer import Option

from kgscaffold.cli.command import command
from kgscaffold.cli.common import Directory, DryRun, Json, NoColor, Quiet, Verbose, help_end
from kgscaffold.errors import PreconditionError, UsageError
from kgscaffold.output import Output

if TYPE_CHECKING:
    from kgscaffold.apply.backward import Outlook, TakenBack

application, undo_command = command(
    epilog=help_end(
        (
            "kgscaffold undo shop --dry-run    what it would take back",
            "kgscaffold undo shop              the last update, or eject, or init",
            "kgscaffold undo shop --yes        also an init, without asking: the project goes",
        ),
        {
            0: "done, nothing to undo, or you said no",
            2: "usage; also an init to take back where nothing can be asked and --yes is missing",
            5: "refused, nothing changed: files were changed since; it says how to go back",
        },
    )
)


@undo_command
def undo(
    directory: Directory = ".",
    *,
    dry_run: DryRun = False,
    yes: Annotated[
        bool, Option("--yes", "-y", help="Do not ask, not even before a project goes.")
    ] = False,
    json_mode: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Take back the last init, update or eject in DIR, byte for byte, one command at a time.

    Says first what that is. Taking back an init removes the project: it is asked, with No as the
    default, and needs --yes where nothing can be asked. Refuses (exit 5) if one of its files was
    changed since. JSON: {"command", "directory", "dry_run", "undone": the command's name or null,
    "removed": [path], "restored": [path], "kept": [folders of others]}; with --dry-run, what would
    be; --json asks nothing.
    """
    from kgscaffold.apply import undo as take_back
    from kgscaffold.apply.backward import look_back
    from kgscaffold.detect import resolve_folder

    output = Output(json_mode=json_mode, quiet=quiet, verbose=verbose, color=not no_color)
    root = resolve_folder(directory)
    outlook = look_back(root)
    if outlook is None and not root.is_dir():
        raise PreconditionError(f"there is no folder {directory!r}", hint="Name the project's.")
    if outlook is not None and outlook.command:
        output.message(f"undo takes back {_told(outlook)}")
    if dry_run or outlook is None:
        result = _as_planned(outlook)
    elif not (yes or _is_meant(outlook, directory, output)):
        output.message("nothing was taken back")
        return
    else:
        result = take_back(root, outlook) or _as_planned(None)
    _show(result, outlook, output, dry_run=dry_run)
    output.document(
        {
            "command": "undo",
            "directory": directory,
            "dry_run": dry_run,
            "undone": result.command or None,
            "removed": list(result.removed),
            "restored": list(result.restored),
            "kept": list(result.kept),
        }
    )


def _told(outlook: Outlook) -> str:
    """Say which command an undo is about, from when, and to how many files something happens."""
    import time

    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(outlook.began))
    name = outlook.command if outlook.done else f"an interrupted {outlook.command}"
    counts = {"restored": _own(outlook.restored), "deleted": _own(outlook.removed)}
    told = [
        f"{len(paths)} file{'s' if len(paths) > 1 else ''} {what}"
        for what, paths in counts.items()
        if paths
    ]
    return f"{name} of {when}: {', '.join(told) or 'no file of yours changes'}"


def _own(paths: tuple[str, ...]) -> list[str]:
    """Give those of some paths that are not kgscaffold's own."""
    from kgscaffold.state.paths import FOLDER

    return [path for path in paths if not path.startswith(f"{FOLDER}/")]


def _is_meant(outlook: Outlook, directory: str, output: Output) -> bool:
    """Ask before a whole project goes; raise UsageError where that cannot be asked."""
    from kgscaffold.cli.prompts import confirm, is_interactive

    if outlook.command != "init" or not outlook.done:
        return True
    if output.json_mode or not is_interactive():
        raise UsageError(
            "the last command was `init`: taking it back removes the whole project, and nothing"
            " can be asked here",
            hint="Confirm it by --yes, or look at it by --dry-run.",
        )
    return confirm(
        f"Take back the init, and with it the whole project in {directory}?", output, default=False
    )


def _as_planned(outlook: Outlook | None) -> TakenBack:
    from kgscaffold.apply.backward import TakenBack

    if outlook is None:
        return TakenBack("", (), (), ())
    return TakenBack(outlook.command, outlook.restored, outlook.removed, ())


def _show(result: TakenBack, outlook: Outlook | None, output: Output, *, dry_run: bool) -> None:
    """Tell what was taken back, or would be, file by file."""
    if outlook is None:
        output.message("nothing to undo")
    elif not outlook.command:
        done = "would tidy" if dry_run else "tidied"
        output.message(f"{done} up after an interrupted command; it had changed no file")
    elif not dry_run:
        output.message(f"{result.command} taken back", "green")
    labels = ("REMOVE", "RESTORE", "KEEP") if dry_run else ("REMOVED", "RESTORED", "KEPT")
    for label, paths in zip(labels, (result.removed, result.restored, result.kept), strict=True):
        for path in _own(paths):
            others = "/ (holds other files)" if paths is result.kept else ""
            output.data(f"{label:8} {path}{others}")
