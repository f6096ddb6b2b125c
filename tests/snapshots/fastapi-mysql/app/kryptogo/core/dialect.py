# kgscaffold:id=core/dialect
"""What is MySQL's own, and MariaDB's: statements, types and errors. Its writers need not queue."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from decimal import Context, Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from ..config import sessions

UNAVAILABLE = (SQLAlchemyError, OSError)
EXACT = Context(prec=100)
TAKEN = 1062
READ_ONLY = {1290, 1836}
TRANSIENT = READ_ONLY | {
    1020,  # another transaction changed the row since this one began
    1205,  # waited too long for a lock
    1213,  # deadlock
    1317,  # interrupted
    3101,  # refused by the other servers of the group
    *(1040, 1203, 1226),  # too many connections
    *(1047, 1053, 1077, 1079, 1927, 4031),  # the server shuts down, or ended the connection
    *(2002, 2003, 2006, 2013, 2055),  # no connection, or none any more
}
COLLATION = "utf8mb4_bin"
STATES = ("pending", "unregistered")
ACCEPTED = (
    *("id", "payment_intent_id", "status", "claimed_status", "payload", "deliveries", "attempts"),
    *("next_attempt_at", "first_received_at", "last_received_at"),
)
"""The columns that `accepting` is given, besides the state."""
TIMES = ("updated_at", "last_received_at", "created_at")
READ_COMMITTED = sa.text("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
REPEATABLE_READ = sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")


def is_transient(error: BaseException) -> bool:
    """Whether the same transaction may well succeed when it is tried again."""
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    return lost or isinstance(error, OSError | PoolTimeout) or _number(error) in TRANSIENT


def _number(error: BaseException) -> object:
    """The server's number of an error, or the driver's; None where there is none."""
    told = getattr(error, "orig", None)
    return told.args[0] if isinstance(told, Exception) and told.args else None


@asynccontextmanager
async def begin() -> AsyncIterator[AsyncSession]:
    """A transaction that writes."""
    async with sessions.begin() as tx, read_committed(tx):
        yield tx


@asynccontextmanager
async def acknowledging() -> AsyncIterator[AsyncSession]:
    """For the statements of an acknowledgement, which commit by themselves what must not wait."""
    async with sessions() as tx, read_committed(tx):
        yield tx
        await tx.commit()


@asynccontextmanager
async def read_committed(tx: AsyncSession) -> AsyncIterator[None]:
    """Read what others have committed.

    At the server's usual level, REPEATABLE READ, the lock of an order would hold its neighbours'
    places in the index too: the checkout of another order would wait for this one's handler.
    """
    try:
        connection = await tx.connection()
        if connection.default_isolation_level != "READ COMMITTED":
            await tx.execute(READ_COMMITTED)
        yield
    except DBAPIError as error:
        if _number(error) in READ_ONLY:
            await tx.invalidate()  # another server may have taken over: connect anew
        raise


def reading() -> AbstractAsyncContextManager[AsyncSession]:
    """A session that only reads."""
    return sessions()


async def alone(tx: AsyncSession) -> None:
    """Before the first statement: of two that miss what the other writes, one is tried again.

    At this level an update also waits for rows of its kind that are not committed yet.
    """
    await tx.execute(REPEATABLE_READ)


INNODB = sa.text(
    "SELECT count(*) FROM information_schema.engines"
    " WHERE engine = 'InnoDB' AND support IN ('YES', 'DEFAULT')"
)
OURS = (
    " FROM information_schema.{} WHERE table_schema = DATABASE() AND table_name IN"
    " ('kryptogo_payments', 'kryptogo_callbacks', 'kryptogo_payment_history')"
)
OTHER_ENGINE = sa.text(
    f"SELECT table_name AS name, engine AS found{OURS.format('tables')} AND engine <> 'InnoDB'"
)
OTHER_COLLATION = sa.text(
    f"SELECT table_name AS name, min(collation_name) AS found{OURS.format('columns')}"
    " AND collation_name NOT LIKE '%_bin' GROUP BY table_name"
)


def faults(connection: sa.Connection) -> list[str]:
    """What a person must mend about the server and the tables."""
    if not connection.scalar(INNODB):
        return ["DATABASE_URL names a server without InnoDB. Start it with InnoDB, or name another"]
    found = []
    for row in connection.execute(OTHER_ENGINE):
        found.append(
            f"The table {row.name} in DATABASE_URL is kept by {row.found}, without transactions."
            f" Mend it: ALTER TABLE {row.name} ENGINE = InnoDB"
        )
    for row in connection.execute(OTHER_COLLATION):
        found.append(
            f"The table {row.name} in DATABASE_URL has the collation {row.found}, to which aB and"
            f" Ab are one intent. Mend it: ALTER TABLE {row.name} CONVERT TO CHARACTER SET utf8mb4"
            f" COLLATE {COLLATION}"
        )
    return found


class NumericAmount(sa.TypeDecorator[str]):
    impl = sa.Numeric
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)

    def process_result_value(self, value: Decimal | None, dialect: sa.Dialect) -> str | None:
        return None if value is None else f"{value.normalize(EXACT):f}"


class NaiveUtc(sa.TypeDecorator[datetime]):
    impl = mysql.DATETIME
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


def amount(precision: int, scale: int) -> sa.types.TypeEngine[str]:
    """A decimal string, kept as a number."""
    return NumericAmount(precision, scale)


def utc_time() -> sa.types.TypeEngine[datetime]:
    """An aware UTC time, kept without its zone, to the microsecond."""
    return NaiveUtc(fsp=6)


def identifier(length: int) -> sa.types.TypeEngine[str]:
    """Text that is compared byte by byte. The usual collation takes `aB` and `Ab` for one."""
    return sa.String(length, collation=COLLATION)


def insert_new(table: sa.Table) -> sa.Insert:
    """An INSERT that leaves the row of a key that is taken alone, but for a microsecond of a time.

    The row count is 1 where the row is new, else 2. Were nothing changed, it would be 1 as well:
    SQLAlchemy lets the server count the rows that are found. INSERT IGNORE would cut what is too
    long, and an INSERT that fails would leave a shared lock, in which two wait for each other.
    """
    time = next(table.c[name] for name in TIMES if name in table.c)
    later = sa.func.timestampadd(sa.text("MICROSECOND"), 1, time)
    return mysql.insert(table).on_duplicate_key_update({time.name: later})


def accepting(
    callbacks: sa.Table, registered: sa.Exists
) -> Callable[[AsyncSession, Mapping[str, object]], Awaitable[str | None]]:
    """What stores a new callback in one statement, for `store.accept`; it gives the new state.

    INSERT … SELECT: at READ COMMITTED its `registered` does not wait for the payment's lock, in an
    INSERT … VALUES it would. What LAST_INSERT_ID is given is the statement's `lastrowid`: there is
    no RETURNING.
    """
    values = [sa.bindparam(f"new_{name}", type_=callbacks.c[name].type) for name in ACCEPTED]
    number = sa.func.last_insert_id(sa.case((registered, 1), else_=2))
    new = sa.select(*values, sa.func.elt(number, *STATES))
    statement = sa.insert(callbacks).from_select([*ACCEPTED, "state"], new)

    async def accept(tx: AsyncSession, row: Mapping[str, object]) -> str | None:
        given = {f"new_{name}": row[name] for name in ACCEPTED}
        given["intent_id"] = row["intent_id"]
        try:
            stored = await (await tx.connection()).execute(statement, given)
        except IntegrityError as error:
            if _number(error) != TAKEN:
                raise
            return None
        await tx.commit()  # what follows must not wait for others while others wait for this row
        return STATES[stored.lastrowid - 1]

    return accept


def returning(
    update: sa.Update, found: sa.Select[Any]
) -> Callable[[AsyncSession, Mapping[str, object]], Awaitable[Sequence[sa.Row[Any]]]]:
    """What runs the update, and then gives what `found` finds of the same values."""

    async def run(tx: AsyncSession, values: Mapping[str, object]) -> Sequence[sa.Row[Any]]:
        await tx.execute(update, values)
        rows: Sequence[sa.Row[Any]] = (await tx.execute(found, values)).all()
        return rows

    return run
