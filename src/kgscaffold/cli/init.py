"""`kgscaffold init`: a new project."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from kgscaffold.answers import (
    DEFAULT_MODULE,
    DEFAULT_ORDER_DATA_KEY,
    DEFAULT_ORDERS_TABLE,
    DEFAULT_ROUTE,
    OFFERED_ROUTES,
)
from kgscaffold.cli.common import directory_argument, help_end, make_output, output_options
from kgscaffold.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from kgscaffold.answers import Answers
    from kgscaffold.output import Output
    from kgscaffold.plan.model import Plan

_NAMED = 5  # other files of a folder that are named


@dataclass(frozen=True, slots=True)
class Mode:
    """How the command may talk, and how far it goes."""

    dry_run: bool
    diff: bool
    yes: bool
    no_input: bool
    install: bool

    def asks(self, output: Output) -> bool:
        """Tell whether questions may be asked."""
        from kgscaffold.cli.prompts import is_interactive

        return not self.no_input and not output.json_mode and is_interactive()

    def confirms(self, output: Output) -> bool:
        """Tell whether what has a default, and the plan, is asked as well."""
        return self.asks(output) and not self.yes


def _frameworks(_: click.Context, __: click.Parameter, typed: str) -> list[str]:
    from kgscaffold.stacks import supported_frameworks

    return [name for name in supported_frameworks() if name.startswith(typed)]


def _databases(_: click.Context, __: click.Parameter, typed: str) -> list[str]:
    from kgscaffold.stacks import supported_databases

    return [name for name in supported_databases() if name.startswith(typed)]


def _routes(_: click.Context, __: click.Parameter, typed: str) -> list[str]:
    return [route for route in OFFERED_ROUTES if route.startswith(typed)]


@click.command(
    short_help="Write a new shop that takes KryptoGO payments.",
    epilog=help_end(
        [
            "kgscaffold init shop",
            "kgscaffold init shop -f fastapi -d sqlite --dry-run",
            "kgscaffold init shop -f fastapi -d postgresql --yes --install",
        ],
        {
            0: "written, or shown, or you said no",
            3: "written, but --install failed",
            5: "DIR is no place for it, or the disk is full; nothing was written",
        },
    ),
)
@directory_argument
@click.option(
    "-f",
    "--framework",
    shell_complete=_frameworks,
    help="fastapi (planned ones: see `kgscaffold matrix`).",
)
@click.option(
    "-d",
    "--database",
    shell_complete=_databases,
    help="sqlite, postgresql (alias: postgres) or mysql (alias: mariadb).",
)
@click.option("--module", help=f"Path of the generated package [{DEFAULT_MODULE}].")
@click.option(
    "--route", shell_complete=_routes, help=f"URL path of the callback [{DEFAULT_ROUTE}]."
)
@click.option("--orders-table", help=f"Name of the orders table [{DEFAULT_ORDERS_TABLE}].")
@click.option(
    "--order-data-key", help=f"Key of the order's id in order_data [{DEFAULT_ORDER_DATA_KEY}]."
)
@click.option("--install/--no-install", default=False, help="Install it into DIR/.venv as well.")
@click.option("-n", "--dry-run", is_flag=True, help="Show the plan, write nothing.")
@click.option("--diff", is_flag=True, help="Add the contents; it shows, does not decide.")
@click.option(
    "-y",
    "--yes",
    is_flag=True,
    help="Take the defaults and do not ask for confirmation; framework and database are asked.",
)
@click.option(
    "--no-input", is_flag=True, help="Ask nothing at all; what is missing is named (exit 2)."
)
@output_options
def init(directory: str, **flags: Any) -> None:
    """Write a small shop that takes KryptoGO payments into DIR, a new or empty folder.

    Never overwrites a file. Into a folder with other files it writes only when you say so at a
    terminal.

    JSON: {"schema", "command", "directory", "dry_run", "applied", "answers",
    "actions": [as those of update], "counts": {action: number}, "next": [command, or remark with
    #]}; --json asks nothing, so it needs --yes, --no-input or --dry-run.
    """
    from kgscaffold.detect import refuse_other_files, resolve_folder
    from kgscaffold.scaffold import check_folder, plan_project

    output = make_output(flags)
    mode = Mode(**{name: flags[name] for name in Mode.__dataclass_fields__})
    choices = _checked(flags)
    root = resolve_folder(directory)
    _refuse_silence(mode, output, choices)
    if check_folder(root, dry_run=mode.dry_run):
        output.message("took back what an interrupted command had left", "yellow")
    others = _other_files(root, output, mode, directory)
    answers = _complete(choices, root, output, mode)
    plan = plan_project(root, answers)
    if not mode.confirms(output):
        refuse_other_files(root)
    _show(plan, output, mode, directory)
    applied = not mode.dry_run and _confirmed(plan, output, mode, directory, others)
    if applied:
        _write(root, plan, output, mode)
    _finish(plan, output, mode, directory, applied=applied)


def _checked(flags: dict[str, Any]) -> dict[str, Any]:
    """Give the values of the flags that were used; raise UsageError or PreconditionError."""
    from kgscaffold import stacks, validation

    choices: dict[str, Any] = {}
    if flags["framework"] is not None:
        choices["framework"] = stacks.find_framework(flags["framework"])
    if flags["database"] is not None:
        choices["database"] = stacks.find_database(flags["database"], choices.get("framework"))
    for name, rule in validation.RULES.items():
        if flags[name] is not None:
            try:
                choices[name] = rule(flags[name])
            except validation.InvalidValueError as error:
                flag = f"--{name.replace('_', '-')}"
                raise UsageError(f"{flag} {flags[name]!r}: {error}") from None
    return choices


def _refuse_silence(mode: Mode, output: Output, choices: dict[str, Any]) -> None:
    """Raise UsageError, naming the flags, for what can be neither asked nor assumed."""
    if mode.asks(output):
        return
    missing = [f"--{name}" for name in ("framework", "database") if name not in choices]
    if missing:
        raise UsageError(
            f"nothing can be asked here, and there is no {' and no '.join(missing)}",
            hint="For example: kgscaffold init shop --framework fastapi --database sqlite --yes",
        )
    if not (mode.yes or mode.no_input or mode.dry_run):
        raise UsageError(
            "nothing can be asked here, so the plan cannot be confirmed",
            hint="Confirm it by --yes, or look at it by --dry-run.",
        )


def _other_files(root: Path, output: Output, mode: Mode, directory: str) -> list[str]:
    """Give what stands in the folder already, and say it to whoever may still turn back."""
    from kgscaffold.detect import other_files

    names = other_files(root)
    if names and mode.confirms(output):
        shown = ", ".join(names[:_NAMED])
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        output.message(f"{directory} holds other files: {shown}{more}", "yellow")
    return names


def _complete(choices: dict[str, Any], root: Path, output: Output, mode: Mode) -> Answers:
    from kgscaffold import stacks
    from kgscaffold.cli import prompts

    complete = dict(choices)
    if mode.asks(output):
        if "framework" not in complete:
            complete["framework"] = stacks.find_framework(prompts.ask_framework())
        if "database" not in complete:
            name = prompts.ask_database(complete["framework"])
            complete["database"] = stacks.find_database(name, complete["framework"])
        if "route" not in complete and not mode.yes:
            complete["route"] = prompts.ask_route()
    return stacks.answers_for(root.name, **complete)


def _show(plan: Plan, output: Output, mode: Mode, directory: str) -> None:
    from kgscaffold.plan.preview import show_plan

    if output.json_mode:
        return
    answers = plan.lock.answers
    output.message(f"{answers.framework} with {answers.database}, into {directory}", "bold")
    show_plan(plan, output, diff=mode.diff)


def _confirmed(plan: Plan, output: Output, mode: Mode, directory: str, others: list[str]) -> bool:
    if mode.yes or mode.no_input:
        return True
    from kgscaffold.cli.prompts import confirm

    number = len(plan.actions)
    if others:
        question = f"{directory} holds other files. Write these {number} beside them?"
        agreed = confirm(question, default=False)
    else:
        agreed = confirm(f"Write these {number} files into {directory}?")
    if not agreed:
        output.message("nothing was written")
    return agreed


def _write(root: Path, plan: Plan, output: Output, mode: Mode) -> None:
    from kgscaffold.scaffold import write_plan
    from kgscaffold.stacks import stack_of

    write_plan(root, plan)
    output.message(f"{len(plan.actions)} files written", "green")
    if mode.install:
        from kgscaffold.install import install

        answers = plan.lock.answers
        stack = stack_of(answers.framework, answers.database)
        install(
            root,
            stack.language.environment,
            stack.commands(answers).install,
            quiet=output.quiet,
        )


def _finish(plan: Plan, output: Output, mode: Mode, directory: str, *, applied: bool) -> None:
    from kgscaffold.cli.next_steps import next_steps
    from kgscaffold.plan.preview import actions_document, counts_of

    steps = next_steps(plan.lock.answers, directory, installed=mode.install)
    if applied:
        output.message("Next:", "bold")
        for step in steps:
            output.message(f"  {step}")
    output.document(
        {
            "command": "init",
            "directory": directory,
            "dry_run": mode.dry_run,
            "applied": applied,
            "answers": asdict(plan.lock.answers),
            "actions": actions_document(plan, diff=mode.diff),
            "counts": counts_of(plan),
            "next": steps,
        }
    )
