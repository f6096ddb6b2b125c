# kgscaffold:id=core/decision
"""KryptoGO's answer against our payment: pure functions, without a clock or a database."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import Enum, StrEnum, auto

from ..config import ORDER_DATA_KEY
from .model import Callback, Facts, Intent, Payment, PaymentEvent, State, Status
from .schedule import after_lag, closed

REACHES: dict[Status, set[Status]] = {
    Status.PENDING: set(Status) - {Status.PENDING},
    Status.EXPIRED: set(Status) - {Status.PENDING, Status.EXPIRED},
    Status.INSUFFICIENT_NOT_REFUNDED: {Status.SUCCESS, Status.INSUFFICIENT_REFUNDED},
    Status.INSUFFICIENT_REFUNDED: set(),
    Status.SUCCESS: set(),
}
"""Every status that may follow, directly or not."""


class Move(StrEnum):
    """What is to be done; in the history, its outcome."""

    APPLY = "applied"
    SAME = "duplicate"
    STALE = "stale"
    HOLD = "conflict"


class Claim(Enum):
    REACHED = auto()
    AHEAD = auto()
    UNRELATED = auto()


@dataclass(frozen=True)
class Case:
    """All that a decision looks at, read under the lock. No intent: KryptoGO knows of none."""

    callback: Callback
    payment: Payment
    order_paid: bool
    intent: Intent | None
    environment: str
    at: datetime


@dataclass(frozen=True)
class Verdict:
    """Why the payment is not changed, and what becomes of the callback."""

    callback: Callback
    outcome: str | None = None
    """For the history."""
    reason: str = ""


def judge(case: Case) -> Verdict | None:
    """None where the payment is to get the intent's status; else why not."""
    callback, intent, ours = case.callback, case.intent, case.payment.status
    if intent is None:
        return _rejected(case, "unknown_intent")
    if intent.status not in set(Status):
        return _held(case, "unknown_api_status")
    theirs = Status(intent.status)
    move = decide(ours, theirs)
    if move is Move.HOLD:
        return _held(case, f"{theirs}_after_{ours}")
    # The one exception to "same": the first callback that says pending, of a pending payment.
    first_pending = callback.claim == ours == theirs == Status.PENDING
    if move is not Move.APPLY and not first_pending:
        return unchanged(case, theirs, move)
    if case.order_paid and theirs == Status.SUCCESS:
        return _held(case, "order_already_paid")
    fault = mismatch(case.payment, intent, case.environment)
    return _held(case, fault) if fault else None


def applied_before(case: Case) -> Verdict:
    """What becomes of a change that the history has already."""
    if case.callback.claim == case.payment.status == Status.PENDING:
        return unchanged(case, Status.PENDING, Move.SAME)
    return _held(case, "applied_before")


def unchanged(case: Case, theirs: Status, move: Move) -> Verdict:
    """Close the callback, unless what it claims may still come."""
    callback, ours = case.callback, case.payment.status
    claim = settle_claim(callback.claim, ours, theirs)
    if claim is Claim.AHEAD:
        if later := after_lag(callback, case.at):
            return Verdict(later)
        if callback.applied_status is None:
            return _rejected(case, "never_confirmed")
    outcome = "stale"
    if claim is Claim.UNRELATED:
        outcome = "unrelated"
    elif move is Move.SAME and callback.claim in (None, ours):
        outcome = "duplicate"
    done = closed(callback, State.DONE, outcome, case.at)
    return Verdict(done, move if callback.source == "callback" else None)


def _rejected(case: Case, reason: str) -> Verdict:
    return Verdict(closed(case.callback, State.REJECTED, "rejected", case.at), "rejected", reason)


def _held(case: Case, reason: str) -> Verdict:
    return Verdict(closed(case.callback, State.DONE, "conflict", case.at), Move.HOLD, reason)


def decide(ours: Status, theirs: Status) -> Move:
    """What KryptoGO's status means for ours: never downgrade what is paid, nor fulfil a refund."""
    if theirs == ours:
        return Move.SAME
    if theirs in REACHES[ours]:
        return Move.APPLY
    downgrade = ours == Status.SUCCESS and theirs != Status.PENDING
    fulfilment = ours == Status.INSUFFICIENT_REFUNDED and theirs == Status.SUCCESS
    return Move.HOLD if downgrade or fulfilment else Move.STALE


def settle_claim(claim: Status | None, ours: Status, theirs: Status) -> Claim:
    """Where a claim stands once our status is settled. AHEAD is API lag, or a forgery."""
    if claim is None or claim == ours or ours in REACHES[claim]:
        return Claim.REACHED
    if claim in REACHES[theirs]:
        return Claim.AHEAD
    return Claim.UNRELATED


def after_change(callback: Callback, status: Status, at: datetime) -> Callback:
    """The callback when all of its change is done, and its payment is `status`."""
    claim = settle_claim(callback.claim, status, status)
    if claim is Claim.AHEAD:  # its time begins anew, with this look as the first
        fresh = replace(callback, attempts=1, ahead_since=None)
        return after_lag(fresh, at) or fresh
    outcome = "applied" if callback.claim in (None, callback.applied_status) else "stale"
    if claim is Claim.UNRELATED:
        outcome = "unrelated"
    return closed(callback, State.DONE, outcome, at)


def event_of(
    payment: Payment, status: Status, order_paid: bool, claimed: str | None, facts: Facts
) -> PaymentEvent:
    """What the handlers are told of a payment that becomes `status`."""
    expired = payment.status == Status.EXPIRED
    pending = payment.status == Status.PENDING
    return PaymentEvent(
        status=status,
        from_status=payment.status,
        claimed_status=claimed,
        late=expired and status != Status.EXPIRED,
        skipped=status == Status.INSUFFICIENT_REFUNDED and (expired or pending),
        order_already_paid=order_paid,
        key=f"{payment.payment_intent_id}:{status}",
        **{**payment.told(), **facts.told()},
    )


def decimal(text: str | None) -> Decimal | None:
    """The finite amount in `text`, or None."""
    if text is None:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def mismatch(payment: Payment, intent: Intent, environment: str) -> str | None:
    """Why `intent` must not change `payment`, as a reason for review, or None where all agrees."""
    amount = decimal(intent.fiat_amount)
    order_id = (intent.order_data or {}).get(ORDER_DATA_KEY)
    received, due = decimal(intent.received_crypto_amount), decimal(intent.crypto_amount)
    if intent.payment_intent_id != payment.payment_intent_id:
        return "intent_id_mismatch"
    if intent.client_id not in (None, payment.client_id):
        return "client_id_mismatch"
    if payment.environment != environment:
        return "environment_mismatch"
    if amount is None or intent.fiat_currency is None:
        return "unverifiable"
    if amount != Decimal(payment.expected_fiat_amount):
        return "amount_mismatch"
    if intent.fiat_currency != payment.fiat_currency:
        return "currency_mismatch"
    if order_id is not None and str(order_id) != payment.order_id:
        return "order_id_mismatch"
    if intent.status == Status.SUCCESS and received is not None and due is not None:
        return "received_below_due" if received < due else None
    return None
