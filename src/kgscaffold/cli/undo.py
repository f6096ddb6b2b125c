"""`kgscaffold undo`: the last command taken back."""

from __future__ import annotations

from typing import Any

import click

from kgscaffold.cli.common import directory_argument, make_output, output_options


@click.command(short_help="Take back the last init, update or eject, byte for byte.")
@directory_argument
@output_options
def undo(directory: str, **flags: Any) -> None:
    """Take back the last init, update or eject in DIR, byte for byte.

    Refuses (exit 5) if one of its files was changed since. JSON: {"command", "directory", "undone":
    the command's name or null, "removed": [path], "restored": [path], "kept": [folders of others]}.
    """
    from kgscaffold.apply import undo as take_back
    from kgscaffold.detect import resolve_folder
    from kgscaffold.errors import PreconditionError
    from kgscaffold.state.paths import FOLDER

    output = make_output(flags)
    root = resolve_folder(directory)
    existed = root.is_dir()
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
