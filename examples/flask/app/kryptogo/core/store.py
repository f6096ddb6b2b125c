# kgscaffold:id=core/store
"""All that is asked of the database. A function is one statement, or few; none knows a rule.

The statements are built once, at import: building one costs more than running it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.exc import ArgumentError

from .database import Tx
from .dialect import accepting, insert_new, reading, returning
from .model import Callback, Payment, State, Status, now
from .tables import callbacks, history, missing, payments

c, p, h = callbacks.c, payments.c, history.c


def word(state: State) -> sa.ColumnElement[str]:
    """One of our own words, in the statement's text: the database plans with it."""
    return sa.literal_column(f"'{state}'", sa.String)


def faults() -> list[str]:
    """What a person must mend about the database. Raises its own errors when it is away."""
    try:
        with reading() as tx:
            return missing(tx.connection())
    except ArgumentError as error:  # DATABASE_URL is wrong
        return [str(error)]


def _rows(query: sa.Executable, tx: Tx | None = None, **values: object) -> Sequence[sa.Row[Any]]:
    if tx:
        return tx.execute(query, values).all()
    with reading() as session:
        return session.execute(query, values).all()


def _changed(tx: Tx, statement: sa.Executable, values: Mapping[str, object]) -> bool:
    connection = tx.connection()
    # Unasked, not every driver keeps how many rows an INSERT wrote.
    done = connection.execute(statement, values, execution_options={"preserve_rowcount": True})
    return done.rowcount == 1


def _differing(seen: Payment | Callback, then: Payment | Callback) -> dict[str, object]:
    before = vars(seen)
    return {name: value for name, value in vars(then).items() if value != before[name]}


def _callback(row: sa.Row[Any]) -> Callback:
    return Callback(**{**row._mapping, "state": State(row.state)})


def _payment(row: sa.Row[Any]) -> Payment:
    return Payment(**{**row._mapping, "status": Status(row.status)})


# Callbacks

ACCEPT = accepting(callbacks, sa.exists().where(p.payment_intent_id == bindparam("intent_id")))
INSERT_CALLBACK = insert_new(callbacks)
CALLBACKS = sa.select(callbacks).order_by(c.first_received_at)
OF_INTENT = c.payment_intent_id == bindparam("intent_id")
CALLBACKS_OF_INTENT = CALLBACKS.where(OF_INTENT)
CALLBACK = CALLBACKS_OF_INTENT.where(c.status == bindparam("claim"))
DEAD = CALLBACKS.where(c.state == word(State.DEAD))
UPDATE = sa.update(callbacks).where(
    c.id == bindparam("seen_id"),
    c.state == bindparam("seen_state"),
    c.lease_token.is_not_distinct_from(bindparam("seen_token", type_=sa.String)),
)
COUNT_DELIVERY = UPDATE.values(deliveries=c.deliveries + 1)
UPDATE_UNLESS_REDELIVERED = UPDATE.where(c.deliveries == bindparam("seen_deliveries"))

WAITING = c.state.in_([word(State.PENDING), word(State.APPLIED)])
AT = bindparam("at", type_=c.next_attempt_at.type)
UNLEASED = sa.or_(c.lease_token.is_(None), c.lease_until < AT)
CLAIMABLE = sa.and_(WAITING, c.next_attempt_at <= AT, UNLEASED)
DUE = sa.select(c.id).where(CLAIMABLE).order_by(c.next_attempt_at).limit(bindparam("number"))
CHOSEN = c.id.in_(bindparam("callback_ids", expanding=True))
CLAIM = returning(
    sa.update(callbacks).where(CHOSEN, CLAIMABLE).values(attempts=c.attempts + 1),
    CALLBACKS.where(CHOSEN, c.lease_token == bindparam("lease_token")),
)

UNREGISTERED = c.state == word(State.UNREGISTERED)
EARLY = sa.select(c.id).where(UNREGISTERED)
EARLY_OF_INTENT = EARLY.where(OF_INTENT)
EARLY_REGISTERED = EARLY.where(c.payment_intent_id.in_(sa.select(p.payment_intent_id)))
ADOPT = sa.update(callbacks).where(CHOSEN, UNREGISTERED)
ADOPT = ADOPT.values(state=word(State.PENDING), attempts=0, next_attempt_at=AT)
WAITS_TOO_LONG = sa.and_(
    c.attempts <= bindparam("most_attempts"), c.next_attempt_at > bindparam("latest")
)
LEASED_TOO_LONG = sa.and_(c.lease_token.is_not(None), c.lease_until > bindparam("latest_lease"))
MAKE_DUE = sa.update(callbacks).where(WAITING, sa.or_(WAITS_TOO_LONG, LEASED_TOO_LONG))
MAKE_DUE = MAKE_DUE.values(next_attempt_at=AT, lease_until=AT)
UNKNOWN = sa.select(c.payment_intent_id).where(UNREGISTERED).group_by(c.payment_intent_id)
LAST = sa.func.max(c.last_received_at)
TOO_MANY = UNKNOWN.order_by(LAST.desc(), c.payment_intent_id).offset(bindparam("keep"))
TOO_OLD = UNKNOWN.having(LAST < bindparam("before", type_=c.last_received_at.type))
FORGET = sa.delete(callbacks).where(
    UNREGISTERED, c.payment_intent_id.in_(bindparam("surplus", expanding=True))
)


def accept(tx: Tx, row: Mapping[str, object]) -> State | None:
    """Store a new callback: PENDING where its payment is registered, else UNREGISTERED.

    None where its key is taken. It waits for no payment's lock.
    """
    state = ACCEPT(tx, {**row, "intent_id": row["payment_intent_id"]})
    return State(state) if state else None


def insert_callback(tx: Tx, row: Mapping[str, object]) -> bool:
    """Store a callback as it is; False where its key is taken."""
    return _changed(tx, INSERT_CALLBACK, row)


def callback(tx: Tx, intent_id: str, claim: str) -> Callback | None:
    """The callback of a key."""
    rows = _rows(CALLBACK, tx, intent_id=intent_id, claim=claim)
    return _callback(rows[0]) if rows else None


def update_callback(
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
    key = {"seen_id": seen.id, "seen_state": seen.state, "seen_token": seen.lease_token}
    values = key | _differing(seen, then)
    if delivered:
        return _changed(tx, COUNT_DELIVERY, values)
    if unless_redelivered:
        fence = {"seen_deliveries": seen.deliveries}
        return _changed(tx, UPDATE_UNLESS_REDELIVERED, values | fence)
    return _changed(tx, UPDATE, values)


def callbacks_of(intent_id: str) -> list[Callback]:
    """The callbacks of an intent, the first received first."""
    return [_callback(row) for row in _rows(CALLBACKS_OF_INTENT, intent_id=intent_id)]


def dead_callbacks() -> list[Callback]:
    """The callbacks that were given up."""
    return [_callback(row) for row in _rows(DEAD)]


def due_callbacks(at: datetime, limit: int) -> list[str]:
    """The ids of callbacks that may be claimed, longest due first."""
    return [row.id for row in _rows(DUE, at=at, number=limit)]


def claim(tx: Tx, callback_ids: list[str], at: datetime, until: datetime) -> list[Callback]:
    """Those that are still due, leased to the caller, with one attempt more."""
    lease = {"lease_token": uuid4().hex, "lease_until": until}
    rows = CLAIM(tx, {"callback_ids": callback_ids, "at": at, **lease})
    return [_callback(row) for row in rows]


def adopt(tx: Tx, at: datetime, intent_id: str | None = None) -> None:
    """Make the callbacks pending whose payment, or that of this intent, is registered by now."""
    # Looked up first: an update that finds nothing would lock a place in the index on MySQL, where
    # callbacks of others are to be stored, until the caller's transaction ends.
    if intent_id:
        early = _rows(EARLY_OF_INTENT, tx, intent_id=intent_id)
    else:
        early = _rows(EARLY_REGISTERED, tx)
    if early:
        tx.execute(ADOPT, {"callback_ids": [row.id for row in early], "at": at})


def make_due(tx: Tx, at: datetime, latest: Mapping[int, datetime], lease: datetime) -> None:
    """End waits after so many attempts that are later than `latest`, and leases beyond `lease`."""
    values = [
        {"at": at, "most_attempts": attempts, "latest": until, "latest_lease": lease}
        for attempts, until in latest.items()
    ]
    tx.execute(MAKE_DUE, values)


def trim_unregistered(tx: Tx, keep: int, before: datetime) -> None:
    """Drop the callbacks of unknown intents, but for the latest `keep`, and none from `before`."""
    surplus = [*_rows(TOO_MANY, tx, keep=keep), *_rows(TOO_OLD, tx, before=before)]
    if surplus:
        tx.execute(FORGET, {"surplus": [row.payment_intent_id for row in surplus]})


# Payments

PAYMENTS = sa.select(payments).order_by(p.created_at, p.payment_intent_id)
PAYMENTS_OF = PAYMENTS.where(p.payment_intent_id.in_(bindparam("intent_ids", expanding=True)))
LOCKED_PAYMENT = PAYMENTS_OF.with_for_update()
OF_ORDER = p.order_id == bindparam("of_order")
PAYMENTS_OF_ORDER = PAYMENTS.where(OF_ORDER)
TO_CHECK = PAYMENTS.where(p.next_check_at <= bindparam("at"))
TO_REVIEW = PAYMENTS.where(p.needs_review)
LATEST = sa.select(payments).order_by(p.created_at.desc(), p.payment_intent_id)
LATEST = LATEST.limit(bindparam("number"))
LATEST_OF_STATUS = LATEST.where(p.status == bindparam("of_status"))
INSERT_PAYMENT = insert_new(payments)
UPDATE_PAYMENT = sa.update(payments).where(p.payment_intent_id == bindparam("intent_id"))
LOCK_ORDER = returning(sa.update(payments).where(OF_ORDER), PAYMENTS_OF_ORDER)


def payments_of(intent_ids: list[str], tx: Tx | None = None) -> dict[str, Payment]:
    """The registered payments of these intents."""
    rows = _rows(PAYMENTS_OF, tx, intent_ids=intent_ids)
    return {row.payment_intent_id: _payment(row) for row in rows}


def get_payment(intent_id: str) -> Payment | None:
    """The registered payment of an intent."""
    return payments_of([intent_id]).get(intent_id)


def payments_of_order(order_id: str) -> list[Payment]:
    """The payments of an order, oldest first."""
    return [_payment(row) for row in _rows(PAYMENTS_OF_ORDER, of_order=order_id)]


def payments_to_check(at: datetime) -> list[Payment]:
    """The payments whose next check is due."""
    return [_payment(row) for row in _rows(TO_CHECK, at=at)]


def payments_to_review() -> list[Payment]:
    """The payments that wait for a person."""
    return [_payment(row) for row in _rows(TO_REVIEW)]


def latest_payments(limit: int, status: Status | None) -> list[Payment]:
    """The latest payments, of all or of one status, the newest first."""
    if status:
        rows = _rows(LATEST_OF_STATUS, number=limit, of_status=status)
    else:
        rows = _rows(LATEST, number=limit)
    return [_payment(row) for row in rows]


def insert_payment(tx: Tx, row: Mapping[str, object]) -> bool:
    """Store a payment; False where its intent is registered already."""
    return _changed(tx, INSERT_PAYMENT, row)


def locked_payment(tx: Tx, intent_id: str) -> Payment:
    """The payment of a registered intent as it is now, whatever the transaction saw before."""
    return _payment(_rows(LOCKED_PAYMENT, tx, intent_ids=[intent_id])[0])


def lock_order(tx: Tx, order_id: str, at: datetime) -> dict[str, Payment]:
    """Lock all payments of an order by writing to them: the first statement of a transaction."""
    rows = LOCK_ORDER(tx, {"of_order": order_id, "updated_at": at})
    return {row.payment_intent_id: _payment(row) for row in rows}


def update_payment(tx: Tx, seen: Payment, then: Payment) -> None:
    """Write what differs to a payment that is locked."""
    values = {"intent_id": seen.payment_intent_id, "updated_at": now()}
    tx.execute(UPDATE_PAYMENT, values | _differing(seen, then))


# The history

INSERT_HISTORY = insert_new(history)
HISTORY = sa.select(history).where(h.payment_intent_id == bindparam("intent_id"))
HISTORY = HISTORY.order_by(h.created_at)


def append_history(
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
    return _changed(tx, INSERT_HISTORY, entry)


def history_of(intent_id: str, tx: Tx | None = None) -> list[dict[str, Any]]:
    """Every decision about a payment, oldest first."""
    return [dict(row._mapping) for row in _rows(HISTORY, tx, intent_id=intent_id)]
