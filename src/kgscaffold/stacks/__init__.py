"""Look up frameworks and databases, and what a combination of the two is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kgscaffold.answers import Answers, Database, Framework
from kgscaffold.errors import PreconditionError, UsageError
from kgscaffold.stacks.databases import DATABASES
from kgscaffold.stacks.frameworks import FRAMEWORKS
from kgscaffold.stacks.model import DatabaseRecord, FrameworkRecord, Stack
from kgscaffold.stacks.names import project_name_of

__all__ = [
    "DATABASES",
    "FRAMEWORKS",
    "Stack",
    "answers_for",
    "combinations",
    "find_database",
    "find_framework",
    "stack_of",
    "supported_databases",
    "supported_frameworks",
]


def find_framework(name: str) -> Framework:
    """Give the supported framework of that name.

    Raises UsageError for an unknown name, PreconditionError for one that is not supported yet.
    """
    supported = supported_frameworks()
    for record in FRAMEWORKS:
        if record.name != name.strip().lower():
            continue
        if record.name in supported:
            return record.name
        raise _not_yet("framework", record.title, supported)
    raise _unknown("framework", name, supported, [str(record.name) for record in FRAMEWORKS])


def find_database(name: str, framework: Framework | None = None) -> Database:
    """Give the supported database of that name or alias, for a framework if it is known already.

    Raises UsageError for an unknown name, PreconditionError for one that is not supported yet.
    """
    supported = supported_databases(framework)
    typed = name.strip().lower()
    for record in DATABASES:
        if typed != record.name and typed not in record.aliases:
            continue
        if record.name in supported:
            return record.name
        raise _not_yet("database", record.title, supported)
    aliases = [alias for one in DATABASES if one.name in supported for alias in one.aliases]
    known = [str(record.name) for record in DATABASES]
    raise _unknown("database", name, supported, known, aliases)


def supported_frameworks() -> list[str]:
    """Give the names of the frameworks that can be chosen."""
    return sorted({str(pair.framework.name) for pair in _supported(None)})


def supported_databases(framework: Framework | None = None) -> list[str]:
    """Give the names of the databases that can be chosen, with that framework or any."""
    return sorted({str(pair.database.name) for pair in _supported(framework)})


def stack_of(framework: Framework, database: Database) -> Stack:
    """Give the combination; raises PreconditionError if it is not supported."""
    for stack in _supported(framework):
        if stack.database.name is database:
            return stack
    raise PreconditionError(
        f"{framework} with {database} is not supported by this version of kgscaffold",
        hint="`kgscaffold matrix` lists what is.",
    )


def answers_for(
    folder_name: str, framework: Framework, database: Database, **others: Any
) -> Answers:
    """Give the answers for a new project in a folder of that name; `others` are checked already.

    Raises PreconditionError if the combination is not supported.
    """
    language = stack_of(framework, database).language
    return Answers(
        framework,
        database,
        project_name_of(folder_name),
        language=language.name,
        module_system=language.module_systems[0],
        **others,
    )


def combinations() -> list[tuple[FrameworkRecord, DatabaseRecord, bool]]:
    """Give every known pair, and whether it is supported."""
    return [
        (framework, database, _stack(framework, database) is not None)
        for framework in FRAMEWORKS
        for database in DATABASES
    ]


def _supported(framework: Framework | None) -> list[Stack]:
    found = (_stack(record, database) for record in FRAMEWORKS for database in DATABASES)
    return [stack for stack in found if stack and framework in {None, stack.framework.name}]


def _stack(framework: FrameworkRecord, database: DatabaseRecord) -> Stack | None:
    """Give the combination, with the first library of the framework's that has such a driver."""
    if framework.core is None:
        return None
    for library in framework.libraries:
        for driver in library.drivers:
            if driver.database is database.name:
                return Stack(framework, framework.core, library, driver, database)
    return None


def _unknown(
    kind: str, name: str, supported: list[str], known: list[str], aliases: Sequence[str] = ()
) -> UsageError:
    from difflib import get_close_matches

    closest = get_close_matches(name.strip().lower(), [*supported, *aliases], n=1, cutoff=0.75)
    suggestion = f"did you mean {closest[0]!r}? " if closest else ""
    planned = sorted(set(known) - set(supported))
    return UsageError(
        f"--{kind}: unknown {kind} {name!r}; {suggestion}"
        f"supported: {', '.join(supported)}; planned: {', '.join(planned)}",
        hint="`kgscaffold matrix` lists every combination.",
    )


def _not_yet(kind: str, title: str, supported: list[str]) -> PreconditionError:
    return PreconditionError(
        f"--{kind}: {title} is planned, but not there yet; supported: {', '.join(supported)}",
        hint="`kgscaffold matrix` lists every combination.",
    )
