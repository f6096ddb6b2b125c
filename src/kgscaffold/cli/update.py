"""`kgscaffold update`: the newest templates, or other answers, for a project with edits."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from kgscaffold.cli.common import (
    directory_argument,
    help_end,
    make_output,
    output_options,
    refuse_silence,
)
from kgscaffold.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from kgscaffold.answers import Answers
    from kgscaffold.apply import Change
    from kgscaffold.output import Output
    from kgscaffold.plan.model import Plan


@dataclass(frozen=True, slots=True)
class Mode:
    """How the command may talk, and how far it goes."""

    check: bool
    dry_run: bool
    diff: bool
    yes: bool
    no_input: bool

    @property
    def writes(self) -> bool:
        """Whether anything may be written."""
        return not (self.check or self.dry_run)


END = help_end(
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


@click.command(short_help="Bring the newest templates to a project; edits are kept.", epilog=END)
@directory_argument
@click.option("--check", is_flag=True, help="Only tell whether DIR is behind (exit 4).")
@click.option(
    "--set", "answers", multiple=True, metavar="KEY=VALUE", help="Change an answer: route, …"
)
@click.option("--only", type=click.Choice(["security"]), help="Only changes of that class.")
@click.option("-n", "--dry-run", is_flag=True, help="Show the plan, write nothing.")
@click.option("--diff", is_flag=True, help="Show the differences too.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--no-input", is_flag=True, help="Ask nothing at all; no confirmation either.")
@output_options
def update(directory: str, **flags: Any) -> int:
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
    from kgscaffold.plan.changes import changes_of
    from kgscaffold.scaffold import plan_regeneration, settle_interrupted
    from kgscaffold.state.project import load_lock

    output = make_output(flags)
    mode = Mode(**{name: flags[name] for name in Mode.__dataclass_fields__})
    choices = _chosen(flags["answers"], flags["only"])
    root = resolve_folder(directory)
    before = load_lock(root).answers
    if settle_interrupted(root, dry_run=not mode.writes):
        output.message("took back what an interrupted command had left", "yellow")
    only_security = flags["only"] == "security"
    plan = plan_regeneration(root, choices, only_security=only_security, look=mode.check)
    changes = changes_of(plan, root)
    if mode.check:
        _show_check(plan, output)
    elif not output.json_mode:
        from kgscaffold.plan.preview import show_plan

        show_plan(plan, output, diff=mode.diff, state=bool(changes))
    applied = mode.writes and bool(changes) and _applied(root, changes, output, mode)
    _finish(plan, before, output, mode, directory, applied=applied)
    return _exit_code(plan, mode)


def _chosen(assignments: Iterable[str], only: str | None) -> dict[str, str]:
    """Give the answers that `--set` changes; raise UsageError for others and wrong values."""
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
        try:
            choices[name] = validation.RULES[name](value)
        except validation.InvalidValueError as error:
            raise UsageError(f"--set {assignment!r}: {error}") from None
    if choices and only:
        raise UsageError("--set changes the whole project, so it cannot be had with --only")
    return choices


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


def _applied(root: Path, changes: Sequence[Change], output: Output, mode: Mode) -> bool:
    """Write the changes if nobody objects."""
    from kgscaffold.scaffold import write_changes

    if not (mode.yes or mode.no_input):
        from kgscaffold.cli.prompts import confirm

        refuse_silence(output)
        if not confirm("Make these changes?"):
            output.message("nothing was written")
            return False
    write_changes(root, "update", changes)
    return True


def _finish(
    plan: Plan, before: Answers, output: Output, mode: Mode, directory: str, *, applied: bool
) -> None:
    from kgscaffold.plan.preview import actions_document, counts_of

    steps = _next_steps(plan, before)
    if applied:
        output.message("updated; `kgscaffold undo` takes it back", "green")
    if plan.needs_person:
        output.message("a person is needed:" if mode.writes else "a person would be needed:", "red")
        for action in plan.actions:
            if action.needs_person:
                output.message(f"  {action.path}: {action.reason}")
                for note in action.notes if mode.check else ():
                    output.message(f"    {note}")
    if applied and steps:
        output.message("Next:", "bold")
        for step in steps:
            output.message(f"  {step}")
    output.document(
        {
            "command": "update",
            "directory": directory,
            "check": mode.check,
            "dry_run": mode.dry_run,
            "applied": applied,
            "answers": asdict(plan.lock.answers),
            "version": plan.lock.tool,
            "behind": plan.behind,
            "security": _security(plan),
            "actions": actions_document(plan, diff=mode.diff),
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


def _next_steps(plan: Plan, before: Answers) -> list[str]:
    """Give what a plan makes necessary beside its files, the project's own commands among it."""
    from kgscaffold.answers import Policy
    from kgscaffold.plan.model import Kind
    from kgscaffold.stacks import stack_of

    answers = plan.lock.answers
    stack = stack_of(answers.framework, answers.database)
    commands = stack.commands(answers)
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


def _exit_code(plan: Plan, mode: Mode) -> int:
    if mode.check:
        return ExitCode.BEHIND if plan.behind or plan.needs_person else ExitCode.DONE
    return ExitCode.PERSON_NEEDED if plan.needs_person else ExitCode.DONE
