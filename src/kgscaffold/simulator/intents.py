"""A payment intent, and its form on the wire."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from kgscaffold.simulator.amounts import format_amount, parse_amount
from kgscaffold.simulator.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

JsonObject = dict[str, Any]

REMOVE: Mapping[str, bool] = {"$remove": True}
"""As the value of a replaced field: the field is left out."""


class Status(StrEnum):
    """The documented statuses, and the two that one page names besides."""

    PENDING = "pending"
    SUCCESS = "success"
    EXPIRED = "expired"
    INSUFFICIENT_NOT_REFUNDED = "insufficient_not_refunded"
    INSUFFICIENT_REFUNDED = "insufficient_refunded"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"


class Naming(StrEnum):
    """How KryptoGO calls the received amount; `aggregated…` follows the same style."""

    CRYPTO_AMOUNT = "received_crypto_amount"
    AMOUNT = "received_amount"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """What KryptoGO knows of one payment intent; times are unix seconds."""

    payment_intent_id: str
    client_id: str
    org_id: int
    status: str
    fiat_amount: str
    fiat_currency: str
    crypto_amount: Decimal
    symbol: str = "USDT"
    decimals: int = 6
    payment_chain_id: str = "arb"
    payment_address: str
    payer_address: str | None = None
    token_address: str
    payment_deadline: int
    payment_tx_hash: str | None = None
    payment_tx_timestamp: int | None = None
    aggregation_tx_hash: str | None = None
    received_crypto_amount: Decimal | None = None
    aggregated_crypto_amount: Decimal | None = None
    refund_tx_hash: str | None = None
    refund_amount: Decimal | None = None
    order_data: JsonObject | None = None
    callback_url: str | None = None
    group_key: str | None = None

    def wire(self, naming: Naming = Naming.CRYPTO_AMOUNT) -> JsonObject:
        """Give the JSON object KryptoGO sends; of the empty fields only `payment_tx_hash` stays."""
        out: JsonObject = {}
        for name in _FIELDS:
            value = getattr(self, name)
            if value is None and name != "payment_tx_hash":
                continue
            if naming is Naming.AMOUNT:
                name = _SHORT_NAMES.get(name, name)
            out[name] = format_amount(value) if isinstance(value, Decimal) else value
        return out


_FIELDS = tuple(field.name for field in fields(Intent))
_SHORT_NAMES = {
    "received_crypto_amount": "received_amount",
    "aggregated_crypto_amount": "aggregated_amount",
}
_LONG_NAMES = {short: long for long, short in _SHORT_NAMES.items()}
_AMOUNTS = frozenset(
    {"crypto_amount", "received_crypto_amount", "aggregated_crypto_amount", "refund_amount"}
)
_INTEGERS = frozenset({"payment_deadline", "payment_tx_timestamp", "org_id", "decimals"})
_FIXED = frozenset({"payment_intent_id", "status"})
_REQUIRED = frozenset(field.name for field in fields(Intent) if field.default is MISSING) | {
    "symbol",
    "decimals",
    "payment_chain_id",
}


def typed_fields(values: Mapping[str, object]) -> JsonObject:
    """Give wire values as the values of Intent's own fields (either naming is understood).

    Raises BadInputError for a field that an intent does not have, or a value of the wrong type.
    """
    return {
        (long := _LONG_NAMES.get(name, name)): _typed(long, value) for name, value in values.items()
    }


def _typed(name: str, value: object) -> object:
    if name not in _FIELDS or name in _FIXED:
        raise BadInputError(f"{name}: not a field that can be set (overrides send anything)")
    if value is None and name not in _REQUIRED:
        return None
    if name in _AMOUNTS:
        return parse_amount(value, name)
    expected = int if name in _INTEGERS else dict if name == "order_data" else str
    if not isinstance(value, expected) or isinstance(value, bool):
        raise BadInputError(f"{name}: {expected.__name__} expected (overrides send anything)")
    return value
