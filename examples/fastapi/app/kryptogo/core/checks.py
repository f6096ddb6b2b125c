# kgscaffold:id=core/checks
"""Is KryptoGO's intent the one this order registered? Compared before every change of status."""

from decimal import Decimal, InvalidOperation

from ..config import ORDER_DATA_KEY
from .model import Intent, Payment, Status
from .settings import Settings


def decimal(text: str | None) -> Decimal | None:
    """The finite amount in `text`, or None."""
    try:
        number = Decimal(text) if text is not None else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def mismatch(payment: Payment, intent: Intent, settings: Settings) -> str | None:
    """Why `intent` must not change `payment`, as a reason for review, or None where all agrees."""
    amount, expected = decimal(intent.fiat_amount), Decimal(payment.expected_fiat_amount)
    order_id = (intent.order_data or {}).get(ORDER_DATA_KEY)
    received, due = decimal(intent.received_crypto_amount), decimal(intent.crypto_amount)
    paid_less = received is not None and due is not None and received < due
    found = {
        "intent_id_mismatch": intent.payment_intent_id != payment.payment_intent_id,
        "client_id_mismatch": intent.client_id not in (None, payment.client_id),
        "environment_mismatch": payment.environment != settings.environment,
        "unverifiable": amount is None or intent.fiat_currency is None,
        "amount_mismatch": amount != expected,
        "currency_mismatch": intent.fiat_currency != payment.fiat_currency,
        "order_id_mismatch": order_id is not None and str(order_id) != payment.order_id,
        "received_below_due": intent.status == Status.SUCCESS and paid_less,
    }
    return next((reason for reason, wrong in found.items() if wrong), None)
