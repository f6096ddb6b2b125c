# kgscaffold:id=core/registration
"""Binding an intent to an order, before anything that is said about the intent can be believed."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode
from weakref import WeakValueDictionary

from ..config import ORDER_DATA_KEY
from . import payments, queue
from .checks import decimal, mismatch
from .client import get_intent, post_intent
from .database import Tx, in_transaction
from .model import Intent, Payment, Status, now
from .payload import INTENT_ID
from .settings import ConfigurationError, settings

CURRENCIES = ("TWD", "USD")
SMALLEST = Decimal("0.01")
PAYABLE = timedelta(minutes=30)
TIME_TO_PAY = timedelta(minutes=5)
"""An intent that ends sooner is not given to a customer again."""
Checkout = tuple[asyncio.AbstractEventLoop, str]
_checkouts: WeakValueDictionary[Checkout, asyncio.Lock] = WeakValueDictionary()
"""One for each order that is being checked out in this process."""


class RegistrationError(ValueError):
    """An intent that cannot be registered with these values; the message says why."""


async def register_intent(
    tx: Tx,
    payment_intent_id: str,
    order_id: str,
    amount: str,
    currency: str,
    deadline: datetime | None = None,
) -> None:
    """Expect `amount` (decimal string) of `currency` (TWD or USD), in the caller's transaction.

    Take both from the order on the server, never from the browser. Equal values again change
    nothing. Raises RegistrationError for unusable values, or others than the first time.
    """
    _check(payment_intent_id, order_id, amount, currency)
    config, at = settings(), now()
    deadline = (deadline or at + PAYABLE).astimezone(UTC)
    bound = {
        "order_id": order_id,
        "client_id": config.client_id,
        "environment": config.environment,
        "expected_fiat_amount": f"{Decimal(amount).normalize():f}",
        "fiat_currency": currency,
    }
    new = {
        "payment_intent_id": payment_intent_id,
        "status": Status.PENDING,
        "payment_deadline": deadline,
        "next_check_at": deadline,
        "created_at": at,
        "updated_at": at,
    }
    known = await payments.insert_new(tx, {**new, **bound})
    if known is None:
        first = {"to_status": Status.PENDING}
        await payments.record(tx, payment_intent_id, "registered", "manual", **first)
        await queue.adopt(tx, payment_intent_id)
        return
    for name, value in bound.items():
        if (before := getattr(known, name)) != value:
            raise RegistrationError(
                f"intent {payment_intent_id} is registered with {name} {before}, not {value}"
            )


async def create_intent(order_id: str, amount: str, currency: str, *, reuse: bool = True) -> Intent:
    """An intent at KryptoGO, registered: what the customer needs to pay is in it.

    A second click gets the first one's again while there is time to pay it, or, without `reuse`,
    a new one. Call it outside any transaction: it waits for KryptoGO. Raises ConfigurationError
    without KRYPTOGO_CALLBACK_URL, RegistrationError, ProviderError.
    """
    config = settings()
    if config.callback_url is None:
        raise ConfigurationError(
            "KRYPTOGO_CALLBACK_URL is not set. Set it to the public URL of the callback route."
        )
    _check("-", order_id, amount, currency)
    token = f"?{urlencode({'token': config.callback_token})}" if config.callback_token else ""
    url = config.callback_url + token
    lock = _checkouts.setdefault((asyncio.get_running_loop(), order_id), asyncio.Lock())
    async with lock:
        if reuse and (payable := await _payable(order_id, amount, currency)):
            return payable
        intent = await post_intent(amount, currency, url, {ORDER_DATA_KEY: order_id})
        # Another process may have been faster: then this one is not registered, and nobody's.
        if reuse and (payable := await _payable(order_id, amount, currency)):
            return payable
        unix = intent.payment_deadline
        deadline = datetime.fromtimestamp(unix, UTC) if unix else None
        intent_id = intent.payment_intent_id or ""
        await in_transaction(register_intent, intent_id, order_id, amount, currency, deadline)
        return intent


async def _payable(order_id: str, amount: str, currency: str) -> Intent | None:
    """The order's latest intent over this amount that KryptoGO confirms as still to be paid."""
    for payment in reversed(await payments.of_order(order_id)):
        over = (Decimal(payment.expected_fiat_amount), payment.fiat_currency)
        in_time = payment.payment_deadline > now() + TIME_TO_PAY
        open_ = payment.status == Status.PENDING and not payment.needs_review
        if over != (Decimal(amount), currency) or not in_time or not open_:
            continue
        intent = await get_intent(payment.payment_intent_id)
        if intent is None or intent.status != Status.PENDING or not intent.payment_address:
            continue
        if mismatch(payment, intent, settings()) is None:
            return intent
    return None


async def payments_for_order(order_id: str) -> list[Payment]:
    """The payments of an order, oldest first, for the user interface."""
    return await payments.of_order(order_id)


def _check(payment_intent_id: str, order_id: str, amount: str, currency: str) -> None:
    if not INTENT_ID.fullmatch(payment_intent_id):
        raise RegistrationError("payment_intent_id must be 1 to 64 of A-Z a-z 0-9 _ -")
    if not 0 < len(order_id) <= 128:
        raise RegistrationError("order_id must have 1 to 128 characters")
    if currency not in CURRENCIES:
        raise RegistrationError(f"currency must be one of {', '.join(CURRENCIES)}")
    number = decimal(amount)
    if number is None or number < SMALLEST or number >= 10**16 or number != round(number, 4):
        raise RegistrationError(f"amount must be a decimal string of at least {SMALLEST}")
