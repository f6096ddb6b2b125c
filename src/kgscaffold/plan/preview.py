"""Show a plan: as lines for a person, and as the `actions` of the JSON object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from textwrap import wrap

from kgscaffold.output import Output
from kgscaffold.plan.model import Action, Kind, Plan
from kgscaffold.render.changelog import ChangeClass, TemplateChange

_STYLES: Mapping[Kind, str] = {
    Kind.CREATE: "green",
    Kind.CONFLICT: "red",
    Kind.SIDECAR: "red",
    Kind.REMOVE: "yellow",
    Kind.KEEP: "dim",
}
_DIFF_STYLES = {"+": "green", "-": "red", "@": "cyan"}
_INDENT = " " * 9
_FILES_SHOWN = 3
_WIDTH = 80 - len(_INDENT)


def show_plan(plan: Plan, output: Output, *, diff: bool, state: bool = True) -> None:
    """Print what happens to each file and why, with its diff on `diff`, and the counts.

    Of files that are left alone, only those are shown that a person wants to know of; what the
    templates changed is told once for all files that it is in. What `init`
    writes is folded by folder, unless `diff` or `--verbose` asks for each file. `state`:
    kgscaffold's own files change.
    """
    if plan.command == "init" and not (diff or output.verbose):
        _show_folders(plan, output)
    else:
        _show_files(plan, output, diff=diff)
    output.data(_summary(plan, state=state), "bold")


def _show_folders(plan: Plan, output: Output) -> None:
    """Print each folder with the number of its files, and the names in the project's own."""
    label = output.styled(f"{Kind.CREATE.upper():8}", _STYLES[Kind.CREATE])
    numbers = Counter(action.path.rpartition("/")[0] for action in plan.actions)
    for folder, number in sorted(numbers.items()):
        if folder:
            output.data(f"{label} {folder}/  {'1 file' if number == 1 else f'{number} files'}")
    names = ", ".join(action.path for action in plan.actions if "/" not in action.path)
    for number, line in enumerate(wrap(names, _WIDTH, break_long_words=False)):
        output.data(f"{_INDENT if number else f'{label} '}{line}")


def _show_files(plan: Plan, output: Output, *, diff: bool) -> None:
    for action in plan.actions:
        if not (action.notable or output.verbose):
            continue
        label = output.styled(f"{action.kind.upper():8}", _STYLES.get(action.kind, "cyan"))
        reason = "" if action.reason == "new" else f"  ({action.reason})"
        output.data(f"{label} {action.path}{reason}")
        for note in action.notes:
            output.data(f"{_INDENT}{note}")
        if diff:
            for line in diff_of(action):
                output.data(line, _DIFF_STYLES.get(line[:1], ""))
    _show_changes(plan, output)


def _show_changes(plan: Plan, output: Output) -> None:
    """Print each change of the templates once, the gravest first, with the files it is in."""
    paths: dict[TemplateChange, list[str]] = {}
    for action in plan.actions:
        for change in action.changes:
            paths.setdefault(change, []).append(action.path)
    gravity = list(ChangeClass)
    for change in sorted(paths, key=lambda change: gravity.index(change.kind)):
        grave = change.kind is ChangeClass.SECURITY
        output.data(f"{change.kind}: {change.why}", "red" if grave else "")
        shown = paths[change] if output.verbose else paths[change][:_FILES_SHOWN]
        more = len(paths[change]) - len(shown)
        output.data(f"{_INDENT}{', '.join(shown)}{f' and {more} more' if more else ''}", "dim")


def _summary(plan: Plan, *, state: bool) -> str:
    """Give the line that says what is written, if anything is."""
    kinds = Counter(str(action.kind) for action in plan.actions if action.writes)
    if kinds:
        counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        return f"{counts}, and the state in .kgscaffold/"
    if state:
        return "no file of yours changes, only the state in .kgscaffold/"
    waiting = sum(action.needs_person for action in plan.actions)
    if waiting:
        return f"nothing to write; {waiting} file{'s wait' if waiting > 1 else ' waits'} for you"
    return "nothing to do"


def actions_document(plan: Plan, *, diff: bool) -> list[dict[str, object]]:
    """Give the actions for the JSON object; with `diff`, each has its unified diff."""
    documents = []
    for action in plan.actions:
        document: dict[str, object] = {
            "action": str(action.kind),
            "id": action.id,
            "path": action.path,
            "moved_from": action.moved_from or None,
            "policy": str(action.policy),
            "reason": action.reason,
            "notes": list(action.notes),
            "needs_person": action.needs_person,
            "changes": [change_document(change) for change in action.changes],
        }
        if diff:
            document["diff"] = "\n".join(diff_of(action))
        documents.append(document)
    return documents


def change_document(change: TemplateChange) -> dict[str, str]:
    """Give a change of the templates for the JSON object."""
    return {"version": change.version, "class": str(change.kind), "why": change.why}


def counts_of(plan: Plan) -> dict[str, int]:
    """Give how many files each kind of action is planned for."""
    return dict(sorted(Counter(str(action.kind) for action in plan.actions).items()))


def diff_of(action: Action) -> Iterator[str]:
    """Give the lines of an action's unified diff."""
    from difflib import unified_diff

    before = "/dev/null" if action.before is None else f"a/{action.moved_from or action.path}"
    after = "/dev/null" if action.after is None else f"b/{action.path}"
    return unified_diff(_lines(action.before), _lines(action.after), before, after, lineterm="")


def _lines(content: bytes | None) -> list[str]:
    return (content or b"").decode("utf-8", "replace").splitlines()
