"""Edit a document of nested tables (TOML, JSON) in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeGuard


@dataclass(slots=True)
class Done:
    """What was edited, and what was left to the user, a line each.

    `name_of` gives the name that an item of a list has in every version, None for another item.
    """

    name_of: Callable[[str], str | None]
    changes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def update(
    base: Mapping[str, Any],
    theirs: Mapping[str, Any],
    ours: MutableMapping[str, Any],
    name_of: Callable[[str], str | None],
) -> Done:
    """Bring what changed from `base` to `theirs` into `ours`.

    Adds what is missing and changes what the user left alone; what the user removed stays
    removed, and nothing of theirs is removed. `name_of` gives the name of a list's item where it is
    one that may change, such as a requirement.
    """
    done = Done(name_of)
    _update_table(base, theirs, ours, "", done)
    return done


def _update_table(
    base: Mapping[str, Any],
    theirs: Mapping[str, Any],
    ours: MutableMapping[str, Any],
    prefix: str,
    done: Done,
) -> None:
    for key, value in theirs.items():
        name = f"{prefix}{key}"
        if base.get(key) == value and key in base:
            continue
        if key not in ours:
            if key in base:
                done.notes.append(f"{name}: you removed it; it has changed since")
            else:
                ours[key] = value
                done.changes.append(f"added {name}")
        elif ours[key] != value:
            _update_value(base, theirs, ours, key, name, done)
    for key in base:
        if key in ours and key not in theirs:
            done.notes.append(f"{prefix}{key}: kgscaffold no longer needs it")


def _update_value(
    base: Mapping[str, Any],
    theirs: Mapping[str, Any],
    ours: MutableMapping[str, Any],
    key: str,
    name: str,
    done: Done,
) -> None:
    old, new, mine = base.get(key), theirs[key], ours[key]
    if isinstance(new, Mapping) and isinstance(mine, MutableMapping):
        _update_table(old if isinstance(old, Mapping) else {}, new, mine, f"{name}.", done)
    elif _is_texts(new) and _is_texts(mine) and isinstance(mine, MutableSequence):
        _update_items(old if _is_texts(old) else [], new, mine, name, done)
    elif key in base and mine == old:
        ours[key] = new
        done.changes.append(f"{name} is now {new!r}")
    else:
        done.notes.append(f"{name}: yours is kept; it is now {new!r}")


def _update_items(
    base: Sequence[str],
    theirs: Sequence[str],
    ours: MutableSequence[str],
    name: str,
    done: Done,
) -> None:
    named = all(_are_told_apart(items, done.name_of) for items in (base, theirs))
    old, new, mine = (
        _by_name(items, done.name_of if named else _no_name) for items in (base, theirs, ours)
    )
    for key, items in new.items():
        item = items[-1]
        before = old.get(key, [])
        if key in mine:
            if [item] == before or item in mine[key]:
                continue
            if mine[key] == before:
                ours[list(ours).index(mine[key][0])] = item
                done.changes.append(f"{name}: {item}")
            else:
                kept = ", ".join(mine[key])
                done.notes.append(f"{name}: yours is kept ({kept}); it is now {item}")
        elif not before:
            ours.append(item)
            done.changes.append(f"{name}: added {item}")
        elif before != [item]:
            done.notes.append(f"{name}: you removed {before[0]}; it is now {item}")
    for key in old:
        if key in mine and key not in new:
            done.notes.append(f"{name}: kgscaffold no longer needs {', '.join(mine[key])}")


def _are_told_apart(items: Sequence[str], name_of: Callable[[str], str | None]) -> bool:
    """Tell whether no two items have one name."""
    names = [name_of(item) or item for item in items]
    return len(set(names)) == len(names)


def _by_name(items: Sequence[str], name_of: Callable[[str], str | None]) -> dict[str, list[str]]:
    """Give the items by the name that each has, or else by themselves."""
    found: dict[str, list[str]] = {}
    for item in items:
        found.setdefault(name_of(item) or item, []).append(str(item))
    return found


def _no_name(_: str) -> None:
    return None


def _is_texts(value: object) -> TypeGuard[Sequence[str]]:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and all(isinstance(item, str) for item in value)
    )
