"""Which shop the demo makes: any framework that is supported, on a database without a server."""

from __future__ import annotations

from typing import NamedTuple

from kgscaffold.answers import Database, Framework
from kgscaffold.errors import UsageError
from kgscaffold.stacks import find_database, find_framework, find_stack, supported_databases

DEFAULT_FRAMEWORK = Framework.FASTAPI


class Choice(NamedTuple):
    """What the demo was told; None for what it was not."""

    framework: Framework | None = None
    database: Database | None = None


def checked_choice(framework: str | None, database: str | None) -> Choice:
    """Give the values of the flags that were used.

    Raises UsageError for a name that is unknown, and for a database that needs a server;
    PreconditionError for what is not supported yet.
    """
    wanted = None if framework is None else find_framework(framework)
    if database is None:
        return Choice(wanted)
    stored = find_database(database, wanted)
    usable = databases_without_server(wanted)
    if stored not in usable:
        made_by = wanted or DEFAULT_FRAMEWORK
        title = find_stack(made_by, stored).database.title
        raise UsageError(
            f"--database {database}: {title} needs a server, and the demo starts none;"
            f" it takes {', '.join(usable)}",
            hint=f"With a server of yours: kgscaffold init shop -f {made_by} -d {stored},"
            " which says what to do next.",
        )
    return Choice(wanted, stored)


def databases_without_server(framework: Framework | None = None) -> list[str]:
    """Give the databases that the demo can use, with that framework or any."""
    made_by = framework or DEFAULT_FRAMEWORK
    return [
        name
        for name in supported_databases(made_by)
        if not find_stack(made_by, Database(name)).database.prepare
    ]
