"""`kgscaffold eject`: plain code, without kgscaffold."""

from __future__ import annotations

from kgscaffold.cli.command import command
from kgscaffold.cli.common import (
    Directory,
    DryRun,
    Json,
    NoColor,
    NoInput,
    Quiet,
    Verbose,
    Yes,
    help_end,
    refuse_silence,
)
from kgscaffold.output import Output

application, eject_command = command(
    epilog=help_end(
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
)


@eject_command
def eject(
    directory: Directory = ".",
    *,
    dry_run: DryRun = False,
    yes: Yes = False,
    no_input: NoInput = False,
    json_mode: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Take kgscaffold's header lines, lock and pristine texts out of the project in DIR.

    The code stays as it is and is never updated again; `undo` takes this back, as long as those
    files are not changed. JSON: {"command", "directory", "dry_run", "applied", "files": [path whose
    header goes], "kept": [path whose header line has something else in it]}.
    """
    from kgscaffold.detect import resolve_folder
    from kgscaffold.plan.model import Kind
    from kgscaffold.project.loading import load_lock
    from kgscaffold.scaffold import plan_leaving, settle_interrupted, write_plan

    output = Output(json_mode=json_mode, quiet=quiet, verbose=verbose, color=not no_color)
    agreed = yes or no_input
    root = resolve_folder(directory)
    load_lock(root)
    if not (agreed or dry_run):
        refuse_silence(output)
    settle_interrupted(root, dry_run=dry_run)
    prepared = plan_leaving(root)
    actions = prepared.plan.actions
    for action in actions:
        if action.kind is Kind.UPDATE:
            output.data(f"UPDATE   {action.path}  ({action.reason})")
    output.data("REMOVE   .kgscaffold/ (but for what undo needs, ignored by git)")
    applied = not dry_run and (agreed or _confirmed(output))
    if applied:
        write_plan(root, prepared)
        output.message("ejected: it is all yours; `kgscaffold undo` takes it back", "green")
        output.message("Delete .kgscaffold/ when you are sure.")
    output.document(
        {
            "command": "eject",
            "directory": directory,
            "dry_run": dry_run,
            "applied": applied,
            "files": [action.path for action in actions if action.kind is Kind.UPDATE],
            "kept": [action.path for action in actions if action.kind is Kind.KEEP],
        }
    )


def _confirmed(output: Output) -> bool:
    from kgscaffold.cli.prompts import confirm

    question = "Leave kgscaffold? The project will not be updated any more."
    agreed = confirm(question, output, default=False)
    if not agreed:
        output.message("nothing was written")
    return agreed
