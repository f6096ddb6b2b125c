"""What code still uses of the module's own, though an update has taken it away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

from kgscaffold.answers import Policy
from kgscaffold.languages import language_of
from kgscaffold.plan.model import Action, Kind, Plan
from kgscaffold.state.paths import digest

_PROSE = (".md", ".rst", ".txt")
_SHOWN = 3


def lost_names(plan: Plan, others: Mapping[str, bytes], before: Iterable[str]) -> frozenset[str]:
    """Give the names of modules, and of what is in them, that are not there after a plan any more.

    `others` are the project's files by path, `before` the names that an earlier update had taken.
    A file in conflict counts as the templates have it, until it is resolved.
    """
    texts = {digest(base): base for base in plan.bases}
    pristine = {file.id: texts.get(file.base) for file in plan.lock.files}
    had, has = set(before), set[str]()
    for action in plan.actions:
        had |= _offered(action.moved_from or action.path, action.before) if action.writes else set()
        names = _offered(action.path, _content(action, others))
        has |= names or _offered(action.path, action.after and pristine.get(action.id))
    return frozenset(had - has)


def with_lost(plan: Plan, others: Mapping[str, bytes], lost: AbstractSet[str]) -> Plan:
    """Give the plan with a word on every file that uses what is `lost`; the lock keeps what is.

    `others` are the project's files by path, as they are before the plan. Such a file needs a
    person until it does not use it any more.
    """
    contents = dict(others)
    for action in plan.actions:
        if action.writes and action.kind is not Kind.SIDECAR:
            contents.pop(action.moved_from or action.path, None)
            contents |= {action.path: action.after} if action.after is not None else {}
    uses = {path: _used(path, content, lost) for path, content in contents.items()}
    found = {path: names for path, names in uses.items() if names}
    still = tuple(sorted(set().union(*found.values())))
    actions = [_told(action, found.pop(action.path, frozenset())) for action in plan.actions]
    actions += [_told(_yours(path), names) for path, names in found.items()]
    ordered = tuple(sorted(actions, key=lambda action: (action.path, action.id)))
    return plan._replace(actions=ordered, lock=plan.lock._replace(lost=still))


def _content(action: Action, others: Mapping[str, bytes]) -> bytes | None:
    """Give what is at the path after an action: what was, where it cannot be taken for the file."""
    return action.after if action.writes else others.get(action.path, action.after)


def _offered(path: str, content: bytes | None) -> frozenset[str]:
    language = language_of(path)
    if content is None or language is None:
        return frozenset()
    return language.offered(path, content.decode("utf-8", "replace"))


def _used(path: str, content: bytes, lost: AbstractSet[str]) -> frozenset[str]:
    """Give which of the lost names a file uses, without those that go with another of them."""
    leaves = {name.rpartition(".")[2].encode() for name in lost}
    # `from . import x` names its package without a word of it.
    inside = any(path.startswith(name.replace(".", "/") + "/") for name in lost)
    if not inside and not any(leaf in content for leaf in leaves):
        return frozenset()
    text, language = content.decode("utf-8", "replace"), language_of(path)
    if language is not None:
        names = {name for name in language.used(path, text) if name in lost}
    elif path.endswith(_PROSE):
        names = set()
    else:
        names = {name for name in lost if _names(text, name)}
    return frozenset(name for name in names if not _owners(name) & names)


def _names(text: str, name: str) -> bool:
    """Tell whether a text that is no code names a module, as a path or with dots."""
    pattern = re.escape(name).replace(r"\.", "[./]")
    return re.search(rf"(?<![\w./]){pattern}(?!\w)", text) is not None


def _owners(name: str) -> set[str]:
    parts = name.split(".")
    return {".".join(parts[:number]) for number in range(1, len(parts))}


def _yours(path: str) -> Action:
    return Action(Kind.KEEP, path, path, Policy.SEEDED, "yours", None, None, told=True)


def _told(action: Action, names: AbstractSet[str]) -> Action:
    if not names or action.kind is Kind.SIDECAR:
        return action
    shown = sorted(names)[:_SHOWN]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    told = f"it uses {', '.join(shown)}{more}, which the templates have dropped: change it"
    return action._replace(reason=f"{action.reason}; {told}", needs_person=True)
