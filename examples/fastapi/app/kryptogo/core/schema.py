# kgscaffold:id=core/schema
"""Whether the database has the tables of this version."""

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from ..config import sessions
from .tables import callbacks, history, payments

MIGRATE = "python -m alembic upgrade head"


async def faults() -> list[str]:
    """What a person must mend about the database. Raises the database's own errors when it is away.

    A wrong DATABASE_URL is an ArgumentError.
    """
    try:
        async with sessions() as tx:
            missing = await (await tx.connection()).run_sync(_missing)
    except ArgumentError as error:
        return [str(error)]
    if missing:
        return [f"The database lacks {', '.join(missing)}. Make what is missing: {MIGRATE}"]
    return []


def _missing(connection: sa.Connection) -> list[str]:
    """The tables that are not there, and the columns of those that are."""
    inspector, missing = sa.inspect(connection), list[str]()
    for table in (payments, callbacks, history):
        if not inspector.has_table(table.name):
            missing.append(table.name)
            continue
        there = {column["name"] for column in inspector.get_columns(table.name)}
        missing += [str(column) for column in table.columns if column.name not in there]
    return missing
