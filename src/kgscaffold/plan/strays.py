"""What of the user's own still speaks of the module's old place, once it has a new one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from kgscaffold.answers import Policy
from kgscaffold.plan.model import Action, Kind, Plan


def with_strays(plan: Plan, others: Mapping[str, bytes], old: str, new: str) -> Plan:
    """Give the plan with a word, for a person, on every file that the move leaves behind.

    `others` are the project's files by path, as they are before the plan; `old` and `new` the
    folders of the module.
    """
    told = f"{old} is {new} now: change what names it"
    actions = [
        replace(action, reason=f"{action.reason}; {told}", needs_person=True)
        if action.kind is not Kind.SIDECAR and _names(action.after or b"", old, new)
        else action
        for action in plan.actions
    ]
    known = {path for action in actions for path in (action.path, action.moved_from)}
    strays = [
        Action(
            Kind.KEEP, path, path, Policy.SEEDED, f"yours; {told}", None, None, needs_person=True
        )
        for path, content in others.items()
        if path not in known and (path.startswith(f"{old}/") or _names(content, old, new))
    ]
    ordered = sorted([*actions, *strays], key=lambda action: (action.path, action.id))
    return replace(plan, actions=tuple(ordered))


def _names(content: bytes, old: str, new: str) -> bool:
    """Tell whether a text names the old folder, as a path or as a module."""
    left = re.sub(_pattern(new), b"", content)
    return re.search(_pattern(old), left) is not None


def _pattern(module: str) -> bytes:
    return rb"(?<![\w./])%s(?!\w)" % module.replace("/", "[./]").encode()
