"""What is wrong with the line that tells a managed file's id, and the way out."""

from __future__ import annotations

from kgscaffold.plan.cases import Case
from kgscaffold.plan.outcomes import Outcome
from kgscaffold.render.rules import find_ids


def with_header_notes(outcome: Outcome, case: Case, copies: tuple[str, ...]) -> Outcome:
    """Give an outcome with a note where a file's id was removed or doubled by hand.

    `copies` are the paths of other files that carry it. Nothing is wrong yet: it is found where
    the lock has it, but no longer once it moves. Beside a sidecar is a text that kgscaffold did not
    write, or not as it is recorded: no line is missed there.
    """
    if not copies and not case.edited:
        return outcome
    action, entry = outcome
    file_id = case.locked.id
    notes = [f"{path} carries its id too: delete the kgscaffold:id line there" for path in copies]
    here, generated = _ids(case.working), _ids(case.base)
    beside = entry is not None and entry.sidecar
    if file_id in generated and file_id not in here and not beside:
        line = f"kgscaffold:id={file_id}"
        notes.append(f"its line {line} is gone: put it back, or it is lost once you move the file")
    doubled = [name for name in here if name not in generated]
    if doubled and case.working is not None:
        notes.append(f"it carries the id {doubled[0]} too: delete that kgscaffold:id line")
    return action._replace(notes=(*action.notes, *notes)), entry


def _ids(content: bytes | None) -> list[str]:
    return find_ids((content or b"").decode("utf-8", "replace"))
