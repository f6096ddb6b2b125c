"""What KryptoGO fills in when an intent is created and when its status changes."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_UP, Decimal
from typing import TYPE_CHECKING

from kgscaffold.simulator.amounts import truncate
from kgscaffold.simulator.intents import Intent, Status

if TYPE_CHECKING:
    from kgscaffold.simulator.entropy import Entropy

PAYMENT_WINDOW = 30 * 60
FEE = Decimal("0.01")
USDT_ON_ARBITRUM = "0xfd086bc7cd5c481dcc9c85ebe478a1c0b69fcbb9"
_FIAT_PER_USDT = {"USD": Decimal(1), "TWD": Decimal("32.5")}
_HASH_DIGITS = 64
ADDRESS_DIGITS = 40


def crypto_due(fiat: Decimal, currency: str) -> Decimal:
    """Give the USDT due for `fiat`, at the simulator's fixed rate, in whole cents, at least one."""
    return (fiat / _FIAT_PER_USDT[currency]).quantize(Decimal("0.01"), rounding=ROUND_UP)


def settled(intent: Intent, status: str, entropy: Entropy, now: int) -> Intent:
    """Give `intent` in `status`, with the amounts and hashes KryptoGO has by then.

    `now` is unix seconds. A status that is not documented changes nothing else.
    """
    changed = replace(intent, status=status)
    match status:
        case Status.SUCCESS:
            return _paid(changed, entropy, now)
        case Status.INSUFFICIENT_NOT_REFUNDED:
            return _underpaid(changed, entropy)
        case Status.INSUFFICIENT_REFUNDED:
            return _refunded(_underpaid(changed, entropy), entropy)
        case Status.REFUNDED:
            return _refunded(changed, entropy)
        case Status.PENDING | Status.EXPIRED | Status.CANCELLED:
            return _unpaid(changed)
    return changed


def _paid(intent: Intent, entropy: Entropy, now: int) -> Intent:
    identity = intent.payment_intent_id
    received = intent.crypto_amount
    return replace(
        _unpaid(intent),
        payer_address=entropy.hexadecimal(ADDRESS_DIGITS, "payer", identity),
        payment_tx_hash=entropy.hexadecimal(_HASH_DIGITS, "payment", identity),
        payment_tx_timestamp=now,
        aggregation_tx_hash=entropy.hexadecimal(_HASH_DIGITS, "aggregation", identity),
        received_crypto_amount=received,
        aggregated_crypto_amount=truncate(received * (1 - FEE), intent.decimals),
    )


def _underpaid(intent: Intent, entropy: Entropy) -> Intent:
    received = intent.received_crypto_amount
    if received is None or received >= intent.crypto_amount:
        received = truncate(intent.crypto_amount / 2, intent.decimals)
    return replace(
        _unpaid(intent),
        payer_address=entropy.hexadecimal(ADDRESS_DIGITS, "payer", intent.payment_intent_id),
        received_crypto_amount=received,
    )


def _refunded(intent: Intent, entropy: Entropy) -> Intent:
    return replace(
        intent,
        refund_tx_hash=entropy.hexadecimal(_HASH_DIGITS, "refund", intent.payment_intent_id),
        refund_amount=intent.received_crypto_amount or Decimal(0),
    )


def _unpaid(intent: Intent) -> Intent:
    return replace(
        intent,
        payer_address=None,
        payment_tx_hash=None,
        payment_tx_timestamp=None,
        aggregation_tx_hash=None,
        received_crypto_amount=None,
        aggregated_crypto_amount=None,
        refund_tx_hash=None,
        refund_amount=None,
    )
