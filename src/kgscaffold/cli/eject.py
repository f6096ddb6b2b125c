"""`kgscaffold eject`: plain code, without kgscaffold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from kgscaffold.cli.common import (
    directory_argument,
    help_end,
    make_output,
    output_options,
    refuse_silence,
)

if TYPE_CHECKING:
    from kgscaffold.output import Output


END = help_end(
    (
        "kgscaffold eject shop --dry-run    which header lines would go",
        "kgscaffold eject shop              ask, with No as the default",
        "kgscaffold undo shop               take it back, as long as nothing was changed",
    ),
    {
        0: "done, or you said no",
        2: "usage; also where nothing can be asked and --yes is missing",
        5: "no project of kgscaffold, one that is ejected already, or one that is not sound",
    },
)


@click.command(short_help="Leave plain code: no headers, no lock, no updates.", epilog=END)
@directory_argument
@click.option("-n", "--dry-run", is_flag=True, help="Show what would change, write nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--no-input", is_flag=True, help="Ask nothing at all; no confirmation either.")
@output_options
def eject(directory: str, **flags: Any) -> None:
    """Take kgscaffold's header lines, lock and pristine texts out of the project in DIR.

    The code stays as it is and is never updated again; `undo` takes this back, as long as those
    files are not changed. JSON: {"command", "directory", "dry_run", "applied", "files": [path whose
    header goes], "kept": [path whose header line has something else in it]}.
    """
    from kgscaffold.detect import resolve_folder
    from kgscaffold.plan.model import Kind
    from kgscaffold.scaffold import plan_leaving, settle_interrupted, write_changes
    from kgscaffold.state.project import load_lock

    output = make_output(flags)
    agreed = flags["yes"] or flags["no_input"]
    root = resolve_folder(directory)
    load_lock(root)
    if not (agreed or flags["dry_run"]):
        refuse_silence(output)
    settle_interrupted(root, dry_run=flags["dry_run"])
    actions, changes = plan_leaving(root)
    for action in actions:
        if action.kind is Kind.UPDATE:
            output.data(f"UPDATE   {action.path}  ({action.reason})")
    output.data("REMOVE   .kgscaffold/ (but for what undo needs, ignored by git)")
    applied = not flags["dry_run"] and (agreed or _confirmed(output))
    if applied:
        write_changes(root, "eject", changes)
        output.message("ejected: it is all yours; `kgscaffold undo` takes it back", "green")
        output.message("Delete .kgscaffold/ when you are sure.")
    output.document(
        {
            "command": "eject",
            "directory": directory,
            "dry_run": flags["dry_run"],
            "applied": applied,
            "files": [action.path for action in actions if action.kind is Kind.UPDATE],
            "kept": [action.path for action in actions if action.kind is Kind.KEEP],
        }
    )


def _confirmed(output: Output) -> bool:
    from kgscaffold.cli.prompts import confirm

    question = "Leave kgscaffold? The project will not be updated any more."
    agreed = confirm(question, default=False)
    if not agreed:
        output.message("nothing was written")
    return agreed
