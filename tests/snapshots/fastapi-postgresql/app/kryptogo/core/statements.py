# kgscaffold:id=core/statements
"""The statements about callbacks, built once; each execution only gives them values."""

from typing import Any

import sqlalchemy as sa

from .dialect import insert
from .model import RECHECK, Callback, State
from .schedule import FAILURE_SECONDS, opened
from .tables import callbacks, constant, given, payments

MAX_UNREGISTERED = 1000
c = callbacks.c
KEY = [c.payment_intent_id, c.status]
PENDING, UNREGISTERED = constant(State.PENDING), constant(State.UNREGISTERED)
WAITING = c.state.in_([PENDING, constant(State.APPLIED)])
DONE, DEAD = c.state == constant(State.DONE), c.state == constant(State.DEAD)
REJECTED = c.state == constant(State.REJECTED)
OWED = sa.case((sa.and_(DEAD, c.applied_status.is_not(None)), State.APPLIED), else_=State.PENDING)
AT = given("at", c.next_attempt_at)
INTENT = c.payment_intent_id == given("intent_id", c.payment_intent_id)


def _accept() -> sa.Executable:
    """A new row, where it is to be kept; else its key's row is delivered again."""
    row = {
        "id": given("new_id", c.id),
        "payment_intent_id": given("new_intent_id", c.payment_intent_id),
        "status": given("new_status", c.status),
        "claimed_status": given("new_claim", c.claimed_status),
        "payload": given("new_payload", c.payload),
        "deliveries": sa.literal_column("1"),
        "next_attempt_at": AT,
        "opened_at": AT,
        "first_received_at": AT,
        "last_received_at": AT,
    }
    registered = sa.exists().where(payments.c.payment_intent_id == row["payment_intent_id"])
    state = sa.case((registered, PENDING), else_=UNREGISTERED)
    kept = sa.or_(sa.bindparam("keep_unregistered", type_=sa.Boolean), registered)
    new = sa.select(*row.values(), state).where(kept)
    statement = insert(callbacks).from_select([*row, "state"], new)
    again = _delivered_again(statement.excluded)
    return statement.on_conflict_do_update(index_elements=KEY, set_=again).returning(c.state)


def _delivered_again(new: Any) -> dict[str, Any]:
    """A waiting row is due now, at most every 10 s; a closed one may open again."""
    never_applied = c.outcome.in_([constant(o) for o in ("stale", "unrelated", "conflict")])
    opens = sa.or_(
        sa.and_(c.state == UNREGISTERED, new.state == PENDING),
        REJECTED,
        DEAD,
        sa.and_(DONE, c.status == constant(RECHECK)),
        sa.and_(DONE, never_applied, c.processed_at <= given("minute_ago", c.processed_at)),
    )
    rested = given("rested", c.next_attempt_at)
    soon = sa.case((c.lease_until > given("pause_ago", c.lease_until), rested), else_=AT)
    sooner = sa.or_(opens, sa.and_(WAITING, c.next_attempt_at > soon))
    afresh = opened(OWED, AT)
    return {
        **{name: sa.case((opens, value), else_=c[name]) for name, value in afresh.items()},
        "next_attempt_at": sa.case((sooner, soon), else_=c.next_attempt_at),
        "deliveries": c.deliveries + 1,
        "last_received_at": AT,
        "claimed_status": new.claimed_status,
        "payload": new.payload,
    }


def _owe() -> sa.Executable:
    """A row to which something is owed, unless its key's row still waits."""
    statement = insert(callbacks)
    owed = (*opened(), "applied_status", "claimed_status")
    again = {name: statement.excluded[name] for name in owed}
    statement = statement.on_conflict_do_update(index_elements=KEY, set_=again, where=~WAITING)
    return statement.returning(c.id)


ACCEPT, OWE = _accept(), _owe()

UNLEASED = sa.or_(c.lease_token.is_(None), c.lease_until < AT)
CLAIMABLE = sa.and_(WAITING, c.next_attempt_at <= AT, UNLEASED)
DUE = sa.select(c.id).where(CLAIMABLE).order_by(c.next_attempt_at)
DUE = DUE.limit(sa.bindparam("limit", type_=sa.Integer))
CLAIM = (
    sa.update(callbacks)
    .where(c.id.in_(sa.bindparam("callback_ids", expanding=True)), CLAIMABLE)
    .values(attempts=c.attempts + 1)
    .returning(*(c[name] for name in Callback.__dataclass_fields__))
)
WRITE = (
    sa.update(callbacks)
    .where(
        c.id == given("callback_id", c.id),
        c.lease_token == given("held_token", c.lease_token),
        c.state == given("held_state", c.state),
    )
    .returning(c.id)
)
WRITE_UNLESS_REDELIVERED = WRITE.where(c.deliveries == given("held_deliveries", c.deliveries))

OPEN = sa.update(callbacks).values(opened(PENDING, AT)).returning(c.id)
ADOPT = OPEN.where(c.state == UNREGISTERED)
ADOPT_OF_INTENT = ADOPT.where(INTENT)
ADOPT_REGISTERED = ADOPT.where(c.payment_intent_id.in_(sa.select(payments.c.payment_intent_id)))
REOPEN_DEAD = OPEN.values(state=OWED).where(DEAD)
REOPEN = OPEN.values(state=OWED).where(
    INTENT, sa.or_(DEAD, REJECTED, c.outcome == constant("conflict"))
)

FAILURES = c.provider_attempts + c.handler_attempts
LATEST = [given(f"latest_{n}", c.next_attempt_at) for n in range(len(FAILURE_SECONDS) + 1)]
LATE = c.next_attempt_at > sa.case(
    *((FAILURES >= n, LATEST[n]) for n in range(len(FAILURE_SECONDS), 0, -1)), else_=LATEST[0]
)
LEASED = sa.and_(c.lease_token.is_not(None), c.lease_until > given("leased", c.lease_until))
TAKE_UP_THE_LATE = sa.update(callbacks).where(WAITING, sa.or_(LATE, LEASED))
TAKE_UP_THE_LATE = TAKE_UP_THE_LATE.values(next_attempt_at=AT, lease_until=AT)

UNKNOWN = sa.select(c.payment_intent_id).where(c.state == UNREGISTERED)
UNKNOWN = UNKNOWN.group_by(c.payment_intent_id)
LAST = sa.func.max(c.last_received_at)
TOO_MANY = UNKNOWN.order_by(LAST.desc()).offset(MAX_UNREGISTERED)
TOO_OLD = UNKNOWN.having(given("kept_since", c.last_received_at) > LAST)
FORGET = sa.delete(callbacks).where(
    c.state == UNREGISTERED, c.payment_intent_id.in_(sa.bindparam("surplus", expanding=True))
)

OF_INTENT = sa.select(callbacks).where(INTENT).order_by(c.first_received_at)
