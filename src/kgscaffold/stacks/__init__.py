"""Look up frameworks and databases, and what a combination of the two is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from kgscaffold.answers import Answers, Database, Framework
from kgscaffold.errors import PreconditionError, UsageError
from kgscaffold.stacks.databases import DATABASES
from kgscaffold.stacks.frameworks import FRAMEWORKS
from kgscaffold.stacks.model import Command, DatabaseRecord, FrameworkRecord, Store

__all__ = [
    "DATABASES",
    "FRAMEWORKS",
    "Stack",
    "combinations",
    "find_database",
    "find_framework",
    "stack_of",
]


class Stack(NamedTuple):
    """One supported combination."""

    framework: FrameworkRecord
    database: DatabaseRecord
    store: Store

    @property
    def layers(self) -> tuple[str, ...]:
        """The template layers to assemble, as folders below `templates/`."""
        return self.framework.layers + self.store.layers

    def commands(self, answers: Answers) -> dict[str, Command]:
        """The generated project's own commands, as argument lists."""
        framework = self.framework
        templates = {
            "install": framework.install,
            "migrate": self.store.migrate,
            "start": framework.start,
            "ops": framework.ops,
            "test": framework.test,
        }
        return {
            name: tuple(
                part.format(app=answers.app_path, module=answers.module_import) for part in command
            )
            for name, command in templates.items()
        }


def find_framework(name: str) -> Framework:
    """Give the supported framework of that name.

    Raises UsageError for an unknown name, PreconditionError for one that is not supported yet.
    """
    names = {str(record.name): record for record in FRAMEWORKS}
    record = names.get(name.strip().lower())
    if record is None:
        raise _unknown("framework", name, names)
    if not record.layers:
        supported = [str(known.name) for known in FRAMEWORKS if known.layers]
        raise _not_yet("framework", record.title, supported)
    return record.name


def find_database(name: str, framework: Framework | None = None) -> Database:
    """Give the supported database of that name or alias, for a framework if it is known already.

    Raises UsageError for an unknown name, PreconditionError for one that is not supported yet.
    """
    names = {str(record.name): record for record in DATABASES}
    aliases = {alias: record for record in DATABASES for alias in record.aliases}
    record = (names | aliases).get(name.strip().lower())
    if record is None:
        raise _unknown("database", name, names | aliases)
    supported = [str(pair.database.name) for pair in _supported(framework)]
    if record.name not in supported:
        raise _not_yet("database", record.title, sorted(set(supported)))
    return record.name


def stack_of(framework: Framework, database: Database) -> Stack:
    """Give the combination; raises PreconditionError if it is not supported."""
    for stack in _supported(framework):
        if stack.database.name is database:
            return stack
    raise PreconditionError(
        f"{framework} with {database} is not supported by this version of kgscaffold",
        hint="`kgscaffold matrix` lists what is.",
    )


def combinations() -> list[tuple[FrameworkRecord, DatabaseRecord, bool]]:
    """Give every known pair, and whether it is supported."""
    return [
        (framework, database, _store_of(framework, database) is not None)
        for framework in FRAMEWORKS
        for database in DATABASES
    ]


def _supported(framework: Framework | None) -> list[Stack]:
    return [
        Stack(record, database, store)
        for record in FRAMEWORKS
        for database in DATABASES
        if framework in {None, record.name} and (store := _store_of(record, database)) is not None
    ]


def _store_of(framework: FrameworkRecord, database: DatabaseRecord) -> Store | None:
    return database.stores.get(framework.runtime) if framework.layers else None


def _unknown(kind: str, name: str, known: Iterable[str]) -> UsageError:
    from difflib import get_close_matches

    known = sorted(known)
    closest = get_close_matches(name.strip().lower(), known, n=1, cutoff=0.4)
    suggestion = f"did you mean {closest[0]!r}? " if closest else ""
    return UsageError(
        f"--{kind}: unknown {kind} {name!r}; {suggestion}known are {', '.join(known)}"
    )


def _not_yet(kind: str, title: str, supported: list[str]) -> PreconditionError:
    return PreconditionError(
        f"--{kind}: {title} is not supported yet; supported now: {', '.join(supported)}",
        hint="`kgscaffold matrix` lists every combination.",
    )
