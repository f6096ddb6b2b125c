"""`kgscaffold init`: a new project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from typer import Option

from kgscaffold.answers import (
    DEFAULT_MODULE,
    DEFAULT_ORDER_DATA_KEY,
    DEFAULT_ORDERS_TABLE,
    DEFAULT_ROUTE,
    NODE_MODULE,
)
from kgscaffold.cli.choices import (
    checked_choices,
    complete_choices,
    listed_databases,
    listed_frameworks,
    listed_releases,
    matching_databases,
    matching_frameworks,
    matching_languages,
    matching_module_systems,
    matching_routes,
    refuse_missing,
)
from kgscaffold.cli.command import command
from kgscaffold.cli.common import (
    Diff,
    Directory,
    DryRun,
    Json,
    NoColor,
    NoInput,
    Quiet,
    Verbose,
    help_end,
)
from kgscaffold.cli.flags import Flags
from kgscaffold.output import Output

if TYPE_CHECKING:
    from pathlib import Path

    from kgscaffold.plan.changes import Prepared
    from kgscaffold.plan.model import Plan

_NAMED = 5  # other files of a folder that are named


application, init_command = command(
    epilog=help_end(
        [
            "kgscaffold init shop",
            "kgscaffold init shop -f fastapi -d sqlite --dry-run",
            "kgscaffold init shop -f flask -d postgresql --yes --install",
            "kgscaffold init shop -f express -d sqlite --language javascript --yes",
        ],
        {
            0: "written, or shown, or you said no",
            3: "written, but --install failed",
            5: "DIR is no place for it, or the disk is full; nothing was written",
        },
    ),
)


@init_command
def init(
    directory: Directory = ".",
    *,
    framework: Annotated[
        str | None,
        Option(
            "--framework",
            "-f",
            autocompletion=matching_frameworks,
            help=f"{listed_frameworks()}.",
        ),
    ] = None,
    database: Annotated[
        str | None,
        Option(
            "--database",
            "-d",
            autocompletion=matching_databases,
            help=f"{listed_databases()}.",
        ),
    ] = None,
    language: Annotated[
        str | None,
        Option(
            autocompletion=matching_languages,
            help="typescript or javascript, where there is a choice [typescript].",
        ),
    ] = None,
    module_system: Annotated[
        str | None,
        Option(
            autocompletion=matching_module_systems,
            help=f"esm [of TypeScript] or commonjs [of JavaScript]; {listed_releases()}.",
        ),
    ] = None,
    module: Annotated[
        str | None,
        Option(
            help=f"Path of the generated package [{DEFAULT_MODULE}; of Node {NODE_MODULE}].",
        ),
    ] = None,
    route: Annotated[
        str | None,
        Option(autocompletion=matching_routes, help=f"URL path of the callback [{DEFAULT_ROUTE}]."),
    ] = None,
    orders_table: Annotated[
        str | None, Option(help=f"Name of the orders table [{DEFAULT_ORDERS_TABLE}].")
    ] = None,
    order_data_key: Annotated[
        str | None,
        Option(help=f"Key of the order's id in order_data [{DEFAULT_ORDER_DATA_KEY}]."),
    ] = None,
    install: Annotated[
        bool, Option("--install/--no-install", help="Install what it needs into DIR as well.")
    ] = False,
    dry_run: DryRun = False,
    diff: Diff = False,
    yes: Annotated[
        bool,
        Option(
            "--yes",
            "-y",
            help="Take the defaults and do not ask for confirmation; framework and database are"
            " asked.",
        ),
    ] = False,
    no_input: NoInput = False,
    json_mode: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> None:
    """Write a small shop that takes KryptoGO payments into DIR, a new or empty folder.

    Never overwrites a file. Into a folder with other files it writes only when you say so at a
    terminal.

    JSON: {"schema", "command", "directory", "dry_run", "applied", "answers",
    "actions": [as those of update], "counts": {action: number}, "next": [command, or remark with
    #]}; --json asks nothing, so it needs --yes, --no-input or --dry-run.
    """
    from kgscaffold.detect import refuse_other_files, resolve_folder
    from kgscaffold.scaffold import check_folder, plan_project

    output = Output(json_mode=json_mode, quiet=quiet, verbose=verbose, color=not no_color)
    flags = Flags(dry_run, diff, yes, no_input)
    choices = checked_choices(
        framework,
        database,
        language=language,
        module_system=module_system,
        module=module,
        route=route,
        orders_table=orders_table,
        order_data_key=order_data_key,
    )
    root = resolve_folder(directory)
    refuse_missing(flags, output, choices)
    if check_folder(root, dry_run=flags.dry_run):
        output.message("took back what an interrupted command had left", "yellow")
    others = _other_files(root, output, flags, directory)
    answers = complete_choices(choices, root.name, output, flags)
    prepared = plan_project(root, answers)
    plan = prepared.plan
    if not flags.confirms(output):
        refuse_other_files(root)
    _show(plan, output, flags, directory)
    applied = not flags.dry_run and _confirmed(plan, output, flags, directory, others)
    if applied:
        _write(root, prepared, output, install=install)
    _finish(root, plan, output, flags, directory, applied=applied, installed=install)


def _other_files(root: Path, output: Output, flags: Flags, directory: str) -> list[str]:
    """Give what stands in the folder already, and say it to whoever may still turn back."""
    from kgscaffold.detect import other_files

    names = other_files(root)
    if names and flags.confirms(output):
        shown = ", ".join(names[:_NAMED])
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        output.message(f"{directory} holds other files: {shown}{more}", "yellow")
    return names


def _show(plan: Plan, output: Output, flags: Flags, directory: str) -> None:
    from kgscaffold.plan.preview import show_plan
    from kgscaffold.stacks import stack_of, supported_stacks

    if output.json_mode:
        return
    answers = plan.lock.answers
    title = f"{stack_of(answers).title} with {answers.database}"
    known = supported_stacks(answers.framework)
    if len({(stack.language.name, stack.system) for stack in known}) > 1:
        title += f", in {answers.language} ({answers.module_system})"
    output.message(f"{title}, into {directory}", "bold")
    show_plan(plan, output, diff=flags.diff)


def _confirmed(plan: Plan, output: Output, flags: Flags, directory: str, others: list[str]) -> bool:
    if flags.agreed:
        return True
    from kgscaffold.cli.prompts import confirm

    number = len(plan.actions)
    if others:
        question = f"{directory} holds other files. Write these {number} beside them?"
        agreed = confirm(question, output, default=False)
    else:
        agreed = confirm(f"Write these {number} files into {directory}?", output)
    if not agreed:
        output.message("nothing was written")
    return agreed


def _write(root: Path, prepared: Prepared, output: Output, *, install: bool) -> None:
    from kgscaffold.project.locate import names_in
    from kgscaffold.scaffold import write_plan
    from kgscaffold.stacks import stack_of

    write_plan(root, prepared)
    plan = prepared.plan
    output.message(f"{len(plan.actions)} files written", "green")
    answers = plan.lock.answers
    stack = stack_of(answers)
    if lacking := stack.language.lacking():
        output.message(lacking, "yellow")
    if install:
        from kgscaffold.install import install as install_packages

        commands = stack.commands(answers, names_in(root))
        install_packages(root, stack.language.environment, commands.install, quiet=output.quiet)


def _finish(
    root: Path,
    plan: Plan,
    output: Output,
    flags: Flags,
    directory: str,
    *,
    applied: bool,
    installed: bool,
) -> None:
    from kgscaffold.cli.next_steps import next_steps
    from kgscaffold.plan.preview import actions_document, counts_of

    steps = next_steps(plan.lock.answers, directory, root, installed=installed)
    if applied:
        output.message("Next:", "bold")
        for step in steps:
            output.message(f"  {step}")
    output.document(
        {
            "command": "init",
            "directory": directory,
            "dry_run": flags.dry_run,
            "applied": applied,
            "answers": plan.lock.answers._asdict(),
            "actions": actions_document(plan, diff=flags.diff),
            "counts": counts_of(plan),
            "next": steps,
        }
    )
