"""What of the user's own still speaks of the module's old place, once it has a new one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from pathlib import PurePosixPath

from kgscaffold.answers import Policy
from kgscaffold.plan.model import Action, Kind, Plan

_RELATIVE = re.compile(r"^\s*from\s+(\.+)(\w*)[\w.]*\s+import\b", re.MULTILINE)
_PROSE = (".md", ".rst", ".txt")


def with_strays(plan: Plan, others: Mapping[str, bytes], former: Iterable[str]) -> Plan:
    """Give the plan with a word on every file that the module's moves have left behind.

    `others` are the project's files by path, as they are before the plan; `former` the folders
    that the module had. What names them needs a person, prose excepted, and until it does not any
    more the lock keeps them. What only lies there is told, and needs nobody.
    """
    left = []
    for old in former:
        plan, waits = _with_strays(plan, others, old)
        left += [old] if waits else []
    return plan._replace(lock=plan.lock._replace(former=tuple(left)))


def _with_strays(plan: Plan, others: Mapping[str, bytes], old: str) -> tuple[Plan, bool]:
    """Give the plan with those of one folder, and tell whether any needs a person."""
    new = plan.lock.answers.module
    told = f"{old} is {new} now: change what names it"
    strays = [
        action._replace(reason=f"{action.reason}; {told}", needs_person=True)
        for action in plan.actions
        if action.kind is not Kind.SIDECAR and _is_stray(action.path, action.after or b"", old, new)
    ]
    there = others.keys() - {action.moved_from for action in plan.actions}
    there |= {action.path for action in plan.actions if action.after is not None}
    known = {path for action in plan.actions for path in (action.path, action.moved_from)}
    for path, content in sorted(others.items()):
        if path not in known and (path.startswith(f"{old}/") or _names(content, old, new)):
            named = _names(content, old, new)
            person = not path.endswith(_PROSE) and (named or _misses(path, content, there))
            lies = not (named or person)
            reason = f"yours, and stays: {old} is {new} now" if lies else f"yours; {told}"
            yours = Action(Kind.KEEP, path, path, Policy.SEEDED, reason, None, None)
            strays.append(yours._replace(needs_person=person, told=True))
    names = {action.id for action in strays}
    actions = [*strays, *(action for action in plan.actions if action.id not in names)]
    ordered = sorted(actions, key=lambda action: (action.path, action.id))
    return plan._replace(actions=tuple(ordered)), any(action.needs_person for action in strays)


def _is_stray(path: str, content: bytes, old: str, new: str) -> bool:
    return not path.endswith(_PROSE) and _names(content, old, new)


def _names(content: bytes, old: str, new: str) -> bool:
    """Tell whether a text names the old folder, as a path or as a module."""
    left = re.sub(_pattern(new), b"", content)
    return re.search(_pattern(old), left) is not None


def _misses(path: str, content: bytes, there: AbstractSet[str]) -> bool:
    """Tell whether a text imports, relative to its own place, what is not there any more."""
    for dots, name in re.findall(_RELATIVE, content.decode("utf-8", "replace")):
        folder = PurePosixPath(path).parents[min(len(dots), path.count("/")) - 1]
        wanted = folder / (name or "__init__")
        if not any(
            PurePosixPath(other).with_suffix("") == wanted or other.startswith(f"{wanted}/")
            for other in there
        ):
            return True
    return False


def _pattern(module: str) -> bytes:
    return rb"(?<![\w./])%s(?!\w)" % module.replace("/", "[./]").encode()
