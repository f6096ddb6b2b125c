# kgscaffold:id=core/store
"""All that is asked of the database. A function is one statement, or few; none knows a rule."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from . import statements
from .database import Tx
from .dialect import reading
from .model import Callback, Payment, State, Status, now
from .tables import missing


async def faults() -> list[str]:
    """What a person must mend about the database. Raises its own errors when it is away."""
    try:
        async with reading() as tx:
            return await (await tx.connection()).run_sync(missing)
    except ArgumentError as error:  # DATABASE_URL is wrong
        return [str(error)]


async def _changed(tx: Tx, statement: sa.Executable, values: Mapping[str, object]) -> bool:
    connection = await tx.connection()
    # Unasked, not every driver keeps how many rows an INSERT wrote.
    done = await connection.execute(
        statement, values, execution_options={"preserve_rowcount": True}
    )
    return done.rowcount == 1


async def accept(tx: Tx, row: Mapping[str, object], keep_unregistered: bool) -> State | None:
    """Store a new callback: PENDING where its payment is registered, else UNREGISTERED.

    None where its key is taken, or it is not to be kept. It waits for no payment's lock.
    """
    state = await statements.ACCEPT(tx, row, keep_unregistered)
    return State(state) if state else None


async def insert_callback(tx: Tx, row: Mapping[str, object]) -> bool:
    """Store a callback as it is; False where its key is taken."""
    return await _changed(tx, statements.INSERT_CALLBACK, row)


async def callback(tx: Tx, intent_id: str, claim: str) -> Callback | None:
    """The callback of a key."""
    key = {"intent_id": intent_id, "claim": claim}
    row = (await tx.execute(statements.CALLBACK, key)).one_or_none()
    return _callback(row) if row else None


async def update_callback(
    tx: Tx,
    seen: Callback,
    then: Callback,
    *,
    delivered: bool = False,
    unless_redelivered: bool = False,
) -> bool:
    """Write what differs; False where the state or the lease is not as `seen` any more.

    `delivered` counts one delivery more.
    """
    statement = statements.UPDATE_CALLBACK
    if delivered:
        statement = statements.COUNT_DELIVERY
    if unless_redelivered:
        statement = statements.UPDATE_UNLESS_REDELIVERED
    values = {
        "seen_id": seen.id,
        "seen_state": seen.state,
        "seen_token": seen.lease_token,
        "seen_deliveries": seen.deliveries,
    }
    return await _changed(tx, statement, values | _differing(seen, then))


def _differing(seen: Payment | Callback, then: Payment | Callback) -> dict[str, object]:
    before = vars(seen)
    return {name: value for name, value in vars(then).items() if value != before[name]}


async def callbacks_of(intent_id: str) -> list[Callback]:
    """The callbacks of an intent, the first received first."""
    async with reading() as tx:
        rows = await tx.execute(statements.CALLBACKS, {"intent_id": intent_id})
        return [_callback(row) for row in rows]


async def dead_callbacks() -> list[Callback]:
    """The callbacks that were given up."""
    async with reading() as tx:
        return [_callback(row) for row in await tx.execute(statements.DEAD)]


async def due_callbacks(at: datetime, limit: int) -> list[str]:
    """The ids of callbacks that may be claimed, longest due first."""
    async with reading() as tx:
        return list(await tx.scalars(statements.DUE, {"at": at, "number": limit}))


async def claim(tx: Tx, callback_ids: list[str], at: datetime, until: datetime) -> list[Callback]:
    """Those that are still due, leased to the caller, with one attempt more."""
    lease = {"lease_token": uuid4().hex, "lease_until": until}
    rows = await statements.CLAIM(tx, {"callback_ids": callback_ids, "at": at, **lease})
    return [_callback(row) for row in rows]


async def adopt(tx: Tx, at: datetime, intent_id: str | None = None) -> None:
    """Make the callbacks pending whose payment, or that of this intent, is registered by now."""
    # Looked up first: an update that finds nothing would lock a place in the index on MySQL, where
    # callbacks of others are to be stored, until the caller's transaction ends.
    if intent_id:
        early = list(await tx.scalars(statements.EARLY_OF_INTENT, {"intent_id": intent_id}))
    else:
        early = list(await tx.scalars(statements.EARLY_REGISTERED))
    if early:
        await tx.execute(statements.ADOPT, {"callback_ids": early, "at": at})


async def make_due(tx: Tx, at: datetime, latest: Mapping[int, datetime], lease: datetime) -> None:
    """End waits after so many attempts that are later than `latest`, and leases beyond `lease`."""
    values = [
        {"at": at, "most_attempts": attempts, "latest": until, "latest_lease": lease}
        for attempts, until in latest.items()
    ]
    await tx.execute(statements.MAKE_DUE, values)


async def trim_unregistered(tx: Tx, keep: int, before: datetime) -> None:
    """Drop the callbacks of unknown intents, but for the latest `keep`, and none from `before`."""
    surplus = list(await tx.scalars(statements.TOO_MANY, {"number": keep}))
    surplus += await tx.scalars(statements.TOO_OLD, {"before": before})
    if surplus:
        await tx.execute(statements.FORGET, {"surplus": surplus})


async def get_payment(intent_id: str) -> Payment | None:
    """The registered payment of an intent."""
    found = await _payments(statements.PAYMENT, intent_id=intent_id)
    return found[0] if found else None


async def payments_of(tx: Tx, intent_ids: list[str]) -> dict[str, Payment]:
    """The registered payments of these intents."""
    rows = await tx.execute(statements.PAYMENTS_OF, {"intent_ids": intent_ids})
    return {row.payment_intent_id: _payment(row) for row in rows}


async def payments_of_order(order_id: str) -> list[Payment]:
    """The payments of an order, oldest first."""
    return await _payments(statements.PAYMENTS_OF_ORDER, of_order=order_id)


async def payments_to_check(at: datetime) -> list[Payment]:
    """The payments whose next check is due."""
    return await _payments(statements.TO_CHECK, at=at)


async def payments_to_review() -> list[Payment]:
    """The payments that wait for a person."""
    return await _payments(statements.TO_REVIEW)


async def latest_payments(limit: int, status: Status | None) -> list[Payment]:
    """The latest payments, of all or of one status, the newest first."""
    if status is None:
        return await _payments(statements.LATEST, number=limit)
    return await _payments(statements.LATEST_OF_STATUS, number=limit, of_status=status)


async def insert_payment(tx: Tx, row: Mapping[str, object]) -> bool:
    """Store a payment; False where its intent is registered already."""
    return await _changed(tx, statements.INSERT_PAYMENT, row)


async def locked_payment(tx: Tx, intent_id: str) -> Payment:
    """The payment of a registered intent as it is now, whatever the transaction saw before."""
    return _payment((await tx.execute(statements.LOCKED_PAYMENT, {"intent_id": intent_id})).one())


async def lock_order(tx: Tx, order_id: str, at: datetime) -> dict[str, Payment]:
    """Lock all payments of an order by writing to them: the first statement of a transaction."""
    rows = await statements.LOCK_ORDER(tx, {"of_order": order_id, "updated_at": at})
    return {row.payment_intent_id: _payment(row) for row in rows}


async def update_payment(tx: Tx, seen: Payment, then: Payment) -> None:
    """Write what differs to a payment that is locked."""
    values = {"intent_id": seen.payment_intent_id, "updated_at": now()}
    await tx.execute(statements.UPDATE_PAYMENT, {**values, **_differing(seen, then)})


async def append_history(
    tx: Tx, intent_id: str, outcome: str, callback: Callback | None = None, **row: Any
) -> bool:
    """Append a decision, a person's where there is no `callback`; `row`: its other columns.

    False where its `applied_status` stands in the history already.
    """
    entry = {
        "id": uuid4().hex,
        "payment_intent_id": intent_id,
        "outcome": outcome,
        "source": callback.source if callback else "manual",
        "callback_id": callback.id if callback else None,
        "detail": {},
        "created_at": now(),
        **row,
    }
    return await _changed(tx, statements.INSERT_HISTORY, entry)


async def history_of(tx: Tx, intent_id: str) -> list[dict[str, Any]]:
    """Every decision about a payment, oldest first."""
    rows = await tx.execute(statements.HISTORY, {"intent_id": intent_id})
    return [dict(row._mapping) for row in rows]


async def _payments(query: sa.Select[Any], **values: object) -> list[Payment]:
    async with reading() as tx:
        return [_payment(row) for row in await tx.execute(query, values)]


def _payment(row: sa.Row[Any]) -> Payment:
    return Payment(**{**row._mapping, "status": Status(row.status)})


def _callback(row: sa.Row[Any]) -> Callback:
    return Callback(**{**row._mapping, "state": State(row.state)})
