# kgscaffold:id=core/store
"""All that is asked of the database. A function is one statement, or few; none knows a rule.

The statements are built once, here, and given values: building one costs more than running it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from .database import Tx
from .dialect import accepting, insert_new, reading, returning
from .model import Callback, Payment, State, Status, now
from .tables import callbacks, history, missing, payments

c = callbacks.c
h = history.c
p = payments.c


def given(name: str, column: sa.Column[Any]) -> sa.BindParameter[Any]:
    """A value that is given at each execution, for comparing it with `column`."""
    return sa.bindparam(name, type_=column.type)


def word(state: State) -> sa.ColumnElement[str]:
    """One of our own words, in the statement's text: the database plans with it."""
    return sa.literal_column(f"'{state}'", sa.String)


NUMBER = sa.bindparam("number", type_=sa.Integer)
AT = given("at", c.next_attempt_at)
NEW = (
    *(c.id, c.payment_intent_id, c.status, c.claimed_status, c.payload, c.deliveries, c.attempts),
    *(c.next_attempt_at, c.first_received_at, c.last_received_at),
)
REGISTERED = sa.exists().where(p.payment_intent_id == given("new_payment_intent_id", c.id))
ACCEPT = accepting(callbacks, NEW, REGISTERED)
INSERT_CALLBACK = insert_new(callbacks)
OF_INTENT = c.payment_intent_id == given("intent_id", c.payment_intent_id)
CALLBACK = sa.select(callbacks).where(OF_INTENT, c.status == given("claim", c.status))
CALLBACKS = sa.select(callbacks).where(OF_INTENT).order_by(c.first_received_at)
DEAD = sa.select(callbacks).where(c.state == word(State.DEAD))
UPDATE_CALLBACK = sa.update(callbacks).where(
    c.id == given("seen_id", c.id),
    c.state == given("seen_state", c.state),
    c.lease_token.is_not_distinct_from(given("seen_token", c.lease_token)),
)
UPDATE_UNLESS_REDELIVERED = UPDATE_CALLBACK.where(
    c.deliveries == given("seen_deliveries", c.deliveries)
)
COUNT_DELIVERY = UPDATE_CALLBACK.values(deliveries=c.deliveries + 1)

WAITING = c.state.in_([word(State.PENDING), word(State.APPLIED)])
UNLEASED = sa.or_(c.lease_token.is_(None), c.lease_until < AT)
CLAIMABLE = sa.and_(WAITING, c.next_attempt_at <= AT, UNLEASED)
DUE = sa.select(c.id).where(CLAIMABLE).order_by(c.next_attempt_at).limit(NUMBER)
CHOSEN = c.id.in_(sa.bindparam("callback_ids", expanding=True))
CLAIM = returning(
    sa.update(callbacks).where(CHOSEN, CLAIMABLE).values(attempts=c.attempts + 1),
    sa.select(callbacks).where(CHOSEN, c.lease_token == given("lease_token", c.lease_token)),
)
UNREGISTERED = c.state == word(State.UNREGISTERED)
EARLY_OF_INTENT = sa.select(c.id).where(UNREGISTERED, OF_INTENT)
EARLY_REGISTERED = sa.select(c.id).where(
    UNREGISTERED, c.payment_intent_id.in_(sa.select(p.payment_intent_id))
)
ADOPT = sa.update(callbacks).where(CHOSEN, UNREGISTERED)
ADOPT = ADOPT.values(state=word(State.PENDING), attempts=0, next_attempt_at=AT)
WAITS_TOO_LONG = sa.and_(
    c.attempts <= given("most_attempts", c.attempts),
    c.next_attempt_at > given("latest", c.next_attempt_at),
)
LEASED_TOO_LONG = sa.and_(
    c.lease_token.is_not(None), c.lease_until > given("latest_lease", c.lease_until)
)
MAKE_DUE = (
    sa.update(callbacks)
    .where(WAITING, sa.or_(WAITS_TOO_LONG, LEASED_TOO_LONG))
    .values(next_attempt_at=AT, lease_until=AT)
)
UNKNOWN = sa.select(c.payment_intent_id).where(UNREGISTERED).group_by(c.payment_intent_id)
LAST = sa.func.max(c.last_received_at)
TOO_MANY = UNKNOWN.order_by(LAST.desc()).offset(NUMBER)
TOO_OLD = UNKNOWN.having(LAST < given("before", c.last_received_at))
FORGET = sa.delete(callbacks).where(
    UNREGISTERED, c.payment_intent_id.in_(sa.bindparam("surplus", expanding=True))
)

OWN = p.payment_intent_id == given("intent_id", p.payment_intent_id)
PAYMENTS = sa.select(payments).order_by(p.created_at, p.payment_intent_id)
PAYMENT = sa.select(payments).where(OWN)
LOCKED_PAYMENT = PAYMENT.with_for_update()
OF_ORDER = p.order_id == given("of_order", p.order_id)
PAYMENTS_OF_ORDER = PAYMENTS.where(OF_ORDER)
TO_CHECK = PAYMENTS.where(p.next_check_at <= given("at", p.next_check_at))
TO_REVIEW = PAYMENTS.where(p.needs_review)
LATEST = sa.select(payments).order_by(p.created_at.desc(), p.payment_intent_id).limit(NUMBER)
LATEST_OF_STATUS = LATEST.where(p.status == given("of_status", p.status))
INSERT_PAYMENT = insert_new(payments)
UPDATE_PAYMENT = sa.update(payments).where(OWN)
LOCK_ORDER = returning(sa.update(payments).where(OF_ORDER), PAYMENTS_OF_ORDER)
INSERT_HISTORY = insert_new(history)
OF_PAYMENT = h.payment_intent_id == given("intent_id", h.payment_intent_id)
HISTORY = sa.select(history).where(OF_PAYMENT).order_by(h.created_at)


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
    state = await ACCEPT(tx, row, keep_unregistered)
    return State(state) if state else None


async def insert_callback(tx: Tx, row: Mapping[str, object]) -> bool:
    """Store a callback as it is; False where its key is taken."""
    return await _changed(tx, INSERT_CALLBACK, row)


async def callback(tx: Tx, intent_id: str, claim: str) -> Callback | None:
    """The callback of a key."""
    row = (await tx.execute(CALLBACK, {"intent_id": intent_id, "claim": claim})).one_or_none()
    return _callback(row) if row else None


async def update_callback(
    tx: Tx, seen: Callback, then: Callback, *, unless_redelivered: bool = False
) -> bool:
    """Write what differs; False where the state or the lease is not as `seen` any more."""
    statement = UPDATE_UNLESS_REDELIVERED if unless_redelivered else UPDATE_CALLBACK
    return await _changed(tx, statement, {**_as_seen(seen), **_differing(seen, then)})


async def deliver_again(tx: Tx, seen: Callback, then: Callback) -> bool:
    """The same, and count one delivery more."""
    return await _changed(tx, COUNT_DELIVERY, {**_as_seen(seen), **_differing(seen, then)})


def _as_seen(seen: Callback) -> dict[str, object]:
    return {
        "seen_id": seen.id,
        "seen_state": seen.state,
        "seen_token": seen.lease_token,
        "seen_deliveries": seen.deliveries,
    }


def _differing(seen: Payment | Callback, then: Payment | Callback) -> dict[str, object]:
    before = vars(seen)
    return {name: value for name, value in vars(then).items() if value != before[name]}


async def callbacks_of(intent_id: str) -> list[Callback]:
    """The callbacks of an intent, the first received first."""
    async with reading() as tx:
        rows = await tx.execute(CALLBACKS, {"intent_id": intent_id})
        return [_callback(row) for row in rows]


async def dead_callbacks() -> list[Callback]:
    """The callbacks that were given up."""
    async with reading() as tx:
        return [_callback(row) for row in await tx.execute(DEAD)]


async def due_callbacks(at: datetime, limit: int) -> list[str]:
    """The ids of callbacks that may be claimed, longest due first."""
    async with reading() as tx:
        return list(await tx.scalars(DUE, {"at": at, "number": limit}))


async def claim(tx: Tx, callback_ids: list[str], at: datetime, until: datetime) -> list[Callback]:
    """Those that are still due, leased to the caller, with one attempt more."""
    lease = {"lease_token": uuid4().hex, "lease_until": until}
    rows = await CLAIM(tx, {"callback_ids": callback_ids, "at": at, **lease})
    return [_callback(row) for row in rows]


async def adopt(tx: Tx, at: datetime, intent_id: str | None = None) -> None:
    """Make the callbacks pending whose payment, or that of this intent, is registered by now."""
    # Looked up first: an update that finds nothing would lock a place in the index on MySQL, where
    # callbacks of others are to be stored, until the caller's transaction ends.
    if intent_id:
        early = list(await tx.scalars(EARLY_OF_INTENT, {"intent_id": intent_id}))
    else:
        early = list(await tx.scalars(EARLY_REGISTERED))
    if early:
        await tx.execute(ADOPT, {"callback_ids": early, "at": at})


async def make_due(tx: Tx, at: datetime, latest: Mapping[int, datetime], lease: datetime) -> None:
    """End waits after so many attempts that are later than `latest`, and leases beyond `lease`."""
    values = [
        {"at": at, "most_attempts": attempts, "latest": until, "latest_lease": lease}
        for attempts, until in latest.items()
    ]
    await tx.execute(MAKE_DUE, values)


async def trim_unregistered(tx: Tx, keep: int, before: datetime) -> None:
    """Drop the callbacks of unknown intents, but for the latest `keep`, and none from `before`."""
    surplus = list(await tx.scalars(TOO_MANY, {"number": keep}))
    surplus += await tx.scalars(TOO_OLD, {"before": before})
    if surplus:
        await tx.execute(FORGET, {"surplus": surplus})


async def get_payment(intent_id: str) -> Payment | None:
    """The registered payment of an intent."""
    found = await _payments(PAYMENT, intent_id=intent_id)
    return found[0] if found else None


async def payments_of_order(order_id: str) -> list[Payment]:
    """The payments of an order, oldest first."""
    return await _payments(PAYMENTS_OF_ORDER, of_order=order_id)


async def payments_to_check(at: datetime) -> list[Payment]:
    """The payments whose next check is due."""
    return await _payments(TO_CHECK, at=at)


async def payments_to_review() -> list[Payment]:
    """The payments that wait for a person."""
    return await _payments(TO_REVIEW)


async def latest_payments(limit: int, status: Status | None) -> list[Payment]:
    """The latest payments, of all or of one status, the newest first."""
    if status is None:
        return await _payments(LATEST, number=limit)
    return await _payments(LATEST_OF_STATUS, number=limit, of_status=status)


async def insert_payment(tx: Tx, row: Mapping[str, object]) -> bool:
    """Store a payment; False where its intent is registered already."""
    return await _changed(tx, INSERT_PAYMENT, row)


async def locked_payment(tx: Tx, intent_id: str) -> Payment:
    """The payment of a registered intent as it is now, whatever the transaction saw before."""
    return _payment((await tx.execute(LOCKED_PAYMENT, {"intent_id": intent_id})).one())


async def lock_order(tx: Tx, order_id: str, at: datetime) -> dict[str, Payment]:
    """Lock all payments of an order by writing to them: the first statement of a transaction."""
    rows = await LOCK_ORDER(tx, {"of_order": order_id, "updated_at": at})
    return {row.payment_intent_id: _payment(row) for row in rows}


async def update_payment(tx: Tx, seen: Payment, then: Payment) -> None:
    """Write what differs to a payment that is locked."""
    values = {"intent_id": seen.payment_intent_id, "updated_at": now()}
    await tx.execute(UPDATE_PAYMENT, {**values, **_differing(seen, then)})


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
    return await _changed(tx, INSERT_HISTORY, entry)


async def history_of(tx: Tx, intent_id: str) -> list[dict[str, Any]]:
    """Every decision about a payment, oldest first."""
    rows = await tx.execute(HISTORY, {"intent_id": intent_id})
    return [dict(row._mapping) for row in rows]


async def _payments(query: sa.Select[Any], **values: object) -> list[Payment]:
    async with reading() as tx:
        return [_payment(row) for row in await tx.execute(query, values)]


def _payment(row: sa.Row[Any]) -> Payment:
    return Payment(**{**row._mapping, "status": Status(row.status)})


def _callback(row: sa.Row[Any]) -> Callback:
    return Callback(**{**row._mapping, "state": State(row.state)})
