# kgscaffold:id=core/model
"""Statuses, payments, callbacks, events and handlers. Amounts are decimal strings."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from .database import Tx


class Status(StrEnum):
    PENDING = "pending"
    SUCCESS = "success"
    EXPIRED = "expired"
    INSUFFICIENT_NOT_REFUNDED = "insufficient_not_refunded"
    INSUFFICIENT_REFUNDED = "insufficient_refunded"


RECHECK = "recheck"
"""The key of a callback that claims none of the five: an unknown status, or our own reconcile."""


class State(StrEnum):
    """What is still owed to a stored callback."""

    UNREGISTERED = "unregistered"
    PENDING = "pending"
    APPLIED = "applied"
    DONE = "done"
    REJECTED = "rejected"
    DEAD = "dead"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What KryptoGO tells of the money."""

    crypto_amount: str | None = None
    received_crypto_amount: str | None = None
    aggregated_crypto_amount: str | None = None
    refund_amount: str | None = None
    symbol: str | None = None
    payment_chain_id: str | None = None
    payment_tx_hash: str | None = None
    aggregation_tx_hash: str | None = None
    refund_tx_hash: str | None = None

    def told(self) -> dict[str, Any]:
        """Those that are known, by name."""
        known = {name: getattr(self, name) for name in FACTS}
        return {name: fact for name, fact in known.items() if fact is not None}


FACTS = tuple(field.name for field in fields(Facts))


@dataclass(frozen=True, kw_only=True)
class Intent(Facts):
    """KryptoGO's answer about one payment intent."""

    payment_intent_id: str | None
    status: str
    client_id: str | None = None
    fiat_amount: str | None = None
    fiat_currency: str | None = None
    payment_address: str | None = None
    payment_deadline: int | None = None
    order_data: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Payment(Facts):
    """One registered intent: what the order expects, and how far its payment has come."""

    payment_intent_id: str
    order_id: str
    client_id: str
    environment: str
    status: Status
    expected_fiat_amount: str
    fiat_currency: str
    payment_deadline: datetime
    needs_review: bool
    review_reason: str | None
    last_verified_at: datetime | None
    next_check_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class PaymentEvent(Facts):
    """One confirmed change of a payment, as the handlers see it."""

    status: Status
    from_status: Status
    claimed_status: str | None
    """What the callback said; null for a reconcile. `status` is what KryptoGO confirmed."""
    late: bool
    """The payment had expired before."""
    skipped: bool
    """The refund came without `insufficient_not_refunded` having been seen."""
    order_already_paid: bool
    """Another payment of the same order has succeeded."""
    key: str
    """`<intent>:<status>`, the same at every run: an idempotency key for mail and fulfilment."""


@dataclass(frozen=True)
class Handler:
    """What your code does about a status."""

    apply: Callable[[Tx, Payment, PaymentEvent], Awaitable[None]]
    """Inside the transaction that changes the payment: its effects on the database commit once."""
    after_commit: Callable[[Payment, PaymentEvent], Awaitable[None]] | None = None
    """After it, at least once: mail and fulfilment."""


@dataclass(frozen=True)
class Delivery:
    """What was posted to the callback route, checked."""

    payment_intent_id: str
    status: str
    claimed_status: str
    payload: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Callback:
    """A stored callback: all deliveries about one intent that claim one status."""

    id: str
    payment_intent_id: str
    status: str
    claimed_status: str | None
    payload: dict[str, Any]
    deliveries: int
    state: State
    outcome: str | None
    applied_status: str | None
    attempts: int
    ahead_since: datetime | None
    next_attempt_at: datetime
    lease_token: str | None
    lease_until: datetime | None
    last_error: str | None
    first_received_at: datetime
    last_received_at: datetime
    processed_at: datetime | None

    @property
    def claim(self) -> Status | None:
        return None if self.status == RECHECK else Status(self.status)

    @property
    def source(self) -> str:
        return "callback" if self.claimed_status else "reconcile"


def now() -> datetime:
    """The app's clock, UTC."""
    return datetime.now(UTC)
