"""The plan of `eject`: the headers and the state go, the code stays."""

from __future__ import annotations

import re
from pathlib import Path

from kgscaffold.apply import Change
from kgscaffold.merge.source import BOM
from kgscaffold.plan.changes import Prepared, content_of, mode_of
from kgscaffold.plan.model import Action, Kind, Plan
from kgscaffold.project.survey import Survey
from kgscaffold.render.rules import HEADER_LINES
from kgscaffold.state.paths import BASES, FIXED_FILES, LOCK, UNDO

_IGNORE = f"{UNDO}/.gitignore"
# A line with nothing but the id, in the comment syntax of any language.
_HEADER = re.compile(rb"[^\w\r\n]*kgscaffold:id=[a-z0-9_./-]+[^\w\r\n]*(?:\r?\n|\Z)")


def plan_eject(survey: Survey) -> list[Action]:
    """Give an action for each managed file that is there: its header taken out, or kept."""
    actions = []
    for file in sorted(survey.lock.files, key=lambda file: survey.where.get(file.id, file.path)):
        content = survey.content(file.id)
        if file.id in survey.unclear:
            reason = survey.unclear[file.id]
            actions.append(Action(Kind.KEEP, file.id, file.path, file.policy, reason, None, None))
        if content is None:
            continue
        plain = without_header(content)
        kind = Kind.KEEP if plain == content else Kind.UPDATE
        reason = "has no header of its own line" if plain == content else "header removed"
        actions.append(
            Action(kind, file.id, survey.where[file.id], file.policy, reason, content, plain)
        )
    return actions


def without_header(content: bytes) -> bytes:
    """Give a file without its line that carries the id, and without a blank line it began with."""
    text = content.removeprefix(BOM)
    lines = text.splitlines(keepends=True)
    for index, line in enumerate(lines[:HEADER_LINES]):
        if _HEADER.fullmatch(line):
            del lines[index]
            if index == 0 and lines and not lines[0].strip():
                del lines[0]
            break
    return content[: len(content) - len(text)] + b"".join(lines)


def prepare_eject(survey: Survey, root: Path) -> Prepared:
    """Give the plan that ejects a project, with every change on disk that it means.

    Only what `undo` needs stays, and hides itself from git.
    """
    actions = plan_eject(survey)
    changes = {action.path: (action.before, action.after) for action in actions if action.writes}
    for path in sorted({*FIXED_FILES, LOCK, *_bases(root)}):
        changes[path] = (content_of(f"{root}/{path}"), None)
    changes[_IGNORE] = (content_of(f"{root}/{_IGNORE}"), b"*\n")
    return Prepared(
        Plan("eject", tuple(actions), survey.lock, ()),
        tuple(
            Change(path, before, after, mode_of(root / path))
            for path, (before, after) in changes.items()
            if before != after
        ),
    )


def _bases(root: Path) -> list[str]:
    folder = root / BASES
    paths = folder.glob("*.base") if folder.is_dir() else []
    return [path.relative_to(root).as_posix() for path in paths if path.is_file()]
