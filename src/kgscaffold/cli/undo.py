"""`kgscaffold undo`: the last command taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kgscaffold.cli.common import directory_argument, make_output, output_options

if TYPE_CHECKING:
    from pathlib import Path


@click.command(short_help="Take back the last init, update or eject, byte for byte.")
@directory_argument
@output_options
def undo(directory: str, **flags: Any) -> None:
    """Take back the last init, update or eject in DIR, byte for byte.

    Refuses (exit 5) if one of its files was changed since; at a terminal it asks before an init
    is taken back. JSON: {"command", "directory", "undone":
    the command's name or null, "removed": [path], "restored": [path], "kept": [folders of others]}.
    """
    from kgscaffold.apply import undo as take_back
    from kgscaffold.detect import resolve_folder
    from kgscaffold.errors import PreconditionError
    from kgscaffold.state.paths import FOLDER

    output = make_output(flags)
    root = resolve_folder(directory)
    existed = root.is_dir()
    if not (output.json_mode or _is_meant(root)):
        output.message("nothing was taken back")
        return
    result = take_back(root)
    if result is None and not existed:
        raise PreconditionError(f"there is no folder {directory!r}", hint="Name the project's.")
    if result is None:
        output.message("nothing to undo")
    elif not result.command:
        output.message("tidied up after an interrupted command; it had changed no file")
    else:
        output.message(f"{result.command} taken back", "green")
    for label, paths in (
        ("REMOVED", result.removed if result else ()),
        ("RESTORED", result.restored if result else ()),
        ("KEPT", result.kept if result else ()),
    ):
        for path in (path for path in paths if not path.startswith(FOLDER)):
            output.data(f"{label:8} {path}{'/ (holds other files)' if label == 'KEPT' else ''}")
    output.document(
        {
            "command": "undo",
            "directory": directory,
            "undone": (result.command or None) if result else None,
            "removed": list(result.removed) if result else [],
            "restored": list(result.restored) if result else [],
            "kept": list(result.kept) if result else [],
        }
    )


def _is_meant(root: Path) -> bool:
    """Ask, where somebody is there to answer, before a whole project goes."""
    from kgscaffold.apply import is_interrupted, undoable
    from kgscaffold.cli.prompts import confirm, is_interactive

    if not is_interactive() or is_interrupted(root) or undoable(root)[:1] != ["init"]:
        return True
    return confirm("The last command was `init`: take back the whole project?")
