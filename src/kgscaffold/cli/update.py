"""`kgscaffold update`: the newest templates, or other answers, for a project with edits."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Literal

from typer import Option

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
    Yes,
    help_end,
    refuse_silence,
)
from kgscaffold.cli.flags import Flags
from kgscaffold.errors import ExitCode, UsageError
from kgscaffold.output import Output

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from kgscaffold.answers import Answers
    from kgscaffold.plan.changes import Prepared
    from kgscaffold.plan.model import Plan


application, update_command = command(
    epilog=help_end(
        (
            "kgscaffold update shop --dry-run --diff    look before anything is written",
            "kgscaffold update shop                     show the plan, ask, write",
            "kgscaffold update shop --check             for CI: 4 when it is behind",
            "kgscaffold update shop --only security --yes",
            "kgscaffold update shop --set route=/webhook/kryptogo",
        ),
        {
            0: "done, or nothing to do",
            3: "done, but a person is needed: conflicts, FILE.kg-new, what was left to you",
            4: "--check: behind, or something is left to a person",
            5: "refused, nothing written: conflict markers, an unsound lock, a read-only file",
        },
    )
)


@update_command
def update(
    directory: Directory = ".",
    *,
    check: Annotated[
        bool, Option("--check", help="Only tell whether DIR is behind (exit 4).")
    ] = False,
    answers: Annotated[
        list[str] | None,
        Option("--set", metavar="KEY=VALUE", help="Change an answer: route, …"),
    ] = None,
    only: Annotated[Literal["security"] | None, Option(help="Only changes of that class.")] = None,
    dry_run: DryRun = False,
    diff: Diff = False,
    yes: Yes = False,
    no_input: NoInput = False,
    json_mode: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    no_color: NoColor = False,
) -> int:
    """Bring the newest templates, or changed answers, to the project in DIR.

    Your edits are kept: files that both sides changed are merged; conflicts are marked in the file,
    and what cannot be merged is written beside it as FILE.kg-new (exit 3): deleting that one says
    that it is dealt with. What needs you is said again by each update. `undo` takes it back.

    JSON: {"command", "directory", "check", "dry_run", "applied", "answers", "version",
    "behind", "security": [{"version", "class", "why"}], "actions": [{"action", "id", "path",
    "moved_from", "policy", "reason", "notes", "needs_person", "changes": [as in security], and
    "diff" with --diff}], "counts": {action: number}, "next": [line]}; --json asks nothing, so it
    needs --yes, --no-input, --dry-run or --check.
    """
    from kgscaffold.detect import resolve_folder
    from kgscaffold.project.loading import load_lock
    from kgscaffold.scaffold import plan_regeneration, settle_interrupted

    output = Output(json_mode=json_mode, quiet=quiet, verbose=verbose, color=not no_color)
    flags = Flags(dry_run, diff, yes, no_input, check)
    assigned = _assigned(answers or (), only)
    root = resolve_folder(directory)
    before = load_lock(root).answers
    choices = {name: _checked(name, text, before) for name, text in assigned.items()}
    if settle_interrupted(root, dry_run=not flags.writes):
        output.message("took back what an interrupted command had left", "yellow")
    only_security = only == "security"
    prepared = plan_regeneration(root, choices, only_security=only_security, look=flags.check)
    plan = prepared.plan
    if flags.check:
        _show_check(plan, output)
    elif not output.json_mode:
        from kgscaffold.plan.preview import show_plan

        show_plan(plan, output, diff=flags.diff, state=bool(prepared.changes))
    applied = flags.writes and bool(prepared.changes) and _applied(root, prepared, output, flags)
    _finish(root, plan, before, output, flags, directory, applied=applied)
    return _exit_code(plan, flags)


def _assigned(assignments: Iterable[str], only: str | None) -> dict[str, str]:
    """Give the answers that `--set` changes, as they are typed; raise UsageError for others."""
    from kgscaffold import validation

    choices: dict[str, str] = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        name = key.strip().replace("-", "_")
        if not equals or name not in validation.RULES:
            raise UsageError(
                f"--set {assignment!r}: must be KEY=VALUE, with one of"
                f" {', '.join(validation.RULES)}; framework, database and language stay"
            )
        choices[name] = value
    if choices and only:
        raise UsageError("--set changes the whole project, so it cannot be had with --only")
    return choices


def _checked(name: str, value: str, before: Answers) -> str:
    """Give the value of an answer; raise UsageError for one that breaks its rule."""
    from kgscaffold import validation

    try:
        return validation.checked(name, value, before.language)
    except validation.InvalidValueError as error:
        raise UsageError(f"--set {f'{name}={value}'!r}: {error}") from None


def _show_check(plan: Plan, output: Output) -> None:
    """Tell in a line or two whether the project is behind."""
    behind = sum(action.pending for action in plan.actions)
    if not (behind or plan.needs_person):
        output.data("up to date", "green")
        return
    if behind:
        files = "1 file" if behind == 1 else f"{behind} files"
        output.data(f"behind: {files} would change; `kgscaffold update --dry-run --diff` shows how")
    else:
        output.data("nothing would change, but something is left to a person")
    security = _security(plan)
    for change in security:
        output.data(f"security change pending: {change['why']} ({change['version']})", "red")
    if not security:
        output.data("no security change is pending")


def _applied(root: Path, prepared: Prepared, output: Output, flags: Flags) -> bool:
    """Write the changes if nobody objects."""
    from kgscaffold.scaffold import write_plan

    if not flags.agreed:
        from kgscaffold.cli.prompts import confirm

        refuse_silence(output)
        if not confirm("Make these changes?", output):
            output.message("nothing was written")
            return False
    write_plan(root, prepared)
    return True


def _finish(
    root: Path,
    plan: Plan,
    before: Answers,
    output: Output,
    flags: Flags,
    directory: str,
    *,
    applied: bool,
) -> None:
    from kgscaffold.plan.preview import actions_document, counts_of

    steps = _next_steps(plan, before, root)
    if applied:
        output.message("updated; `kgscaffold undo` takes it back", "green")
    if plan.needs_person:
        output.message(
            "a person is needed:" if flags.writes else "a person would be needed:", "red"
        )
        for action in plan.actions:
            if action.needs_person:
                output.message(f"  {action.path}: {action.reason}")
                for note in action.notes if flags.check else ():
                    output.message(f"    {note}")
    if applied and steps:
        output.message("Next:", "bold")
        for step in steps:
            output.message(f"  {step}")
    output.document(
        {
            "command": "update",
            "directory": directory,
            "check": flags.check,
            "dry_run": flags.dry_run,
            "applied": applied,
            "answers": plan.lock.answers._asdict(),
            "version": plan.lock.tool,
            "behind": plan.behind,
            "security": _security(plan),
            "actions": actions_document(plan, diff=flags.diff),
            "counts": counts_of(plan),
            "next": steps,
        }
    )


def _security(plan: Plan) -> list[dict[str, str]]:
    """Give the security changes that the plan brings."""
    from kgscaffold.plan.preview import change_document
    from kgscaffold.render.changelog import ChangeClass

    changes = {
        change: None
        for action in plan.actions
        if action.unfinished
        for change in action.changes
        if change.kind is ChangeClass.SECURITY
    }
    return [change_document(change) for change in changes]


def _next_steps(plan: Plan, before: Answers, root: Path) -> list[str]:
    """Give what a plan makes necessary beside its files, the project's own commands among it."""
    from kgscaffold.answers import Policy
    from kgscaffold.plan.model import Kind
    from kgscaffold.project.locate import names_in
    from kgscaffold.stacks import stack_of

    answers = plan.lock.answers
    stack = stack_of(answers)
    commands = stack.commands(answers, names_in(root))
    pending = [action for action in plan.actions if action.pending]
    steps = []
    if answers.route != before.route:
        steps.append(
            f"# .env is yours: let KRYPTOGO_CALLBACK_URL end in {answers.route};"
            f" KryptoGO still calls {before.route} for payments under way"
        )
    if any(action.id == stack.language.manifest for action in pending):
        steps.append(shlex.join(commands.install))
    if commands.build and pending:
        steps.append(shlex.join(commands.build))
    if any(action.policy is Policy.ONCE and action.kind is Kind.CREATE for action in pending):
        steps.append(shlex.join(commands.migrate))
    if pending:
        steps.append(shlex.join(commands.test))
    return steps


def _exit_code(plan: Plan, flags: Flags) -> int:
    if flags.check:
        return ExitCode.BEHIND if plan.behind or plan.needs_person else ExitCode.DONE
    return ExitCode.PERSON_NEEDED if plan.needs_person else ExitCode.DONE
