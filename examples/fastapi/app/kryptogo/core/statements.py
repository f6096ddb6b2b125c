# kgscaffold:id=core/statements
"""The statements of the store, built once: building one costs more than running it."""

from typing import Any

import sqlalchemy as sa

from .dialect import accepting, insert_new, returning
from .model import State
from .tables import callbacks, history, payments

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
PAYMENTS_OF = sa.select(payments).where(
    p.payment_intent_id.in_(sa.bindparam("intent_ids", expanding=True))
)
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
