"""Which files an update takes, and which changes of the templates they bring."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from kgscaffold.render.changelog import ChangeClass, TemplateChange
from kgscaffold.versions import is_later, parsed


def pending(changelog: Iterable[TemplateChange], since: str) -> list[TemplateChange]:
    """Give the changes of the templates after a version, the gravest first."""
    order = list(ChangeClass)
    later = [change for change in changelog if is_later(change.version, since)]
    return sorted(later, key=lambda change: (order.index(change.kind), parsed(change.version)))


def changes_to(file_id: str, changes: Iterable[TemplateChange]) -> tuple[TemplateChange, ...]:
    """Give those of some changes that touch a file."""
    return tuple(change for change in changes if file_id in change.ids)


def security_files(changes: Collection[TemplateChange]) -> frozenset[str]:
    """Give the ids that `--only security` takes.

    A change is indivisible, and so is a file: taken are all files of every security change, and,
    again and again, all files of every change that shares one with them. So nothing is taken
    without what it was released with.
    """
    taken: set[str] = set()
    for change in changes:
        if change.kind is ChangeClass.SECURITY:
            taken |= set(change.ids)
    while True:
        more = {name for change in changes if taken & set(change.ids) for name in change.ids}
        if more <= taken:
            return frozenset(taken)
        taken |= more
