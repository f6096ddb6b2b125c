# kgscaffold:id=core/registration
"""Binding an intent to an order, before anything that is said about the intent can be believed."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from urllib.parse import urlencode
from weakref import WeakValueDictionary

from ..config import ORDER_DATA_KEY
from . import store
from .client import get_intent, post_intent
from .concurrency import Lock
from .database import Tx, transaction
from .decision import decimal, mismatch
from .dialect import alone
from .model import RECHECK, Intent, Payment, Status, now
from .payload import INTENT_ID
from .queue import owe
from .settings import ConfigurationError, settings

CURRENCIES = ("TWD", "USD")
SMALLEST = Decimal("0.01")
PAYABLE = timedelta(minutes=30)
TIME_TO_PAY = timedelta(minutes=5)
"""An intent that ends sooner is not given to a customer again."""
_checkouts: WeakValueDictionary[str, Lock] = WeakValueDictionary()
"""One for each order that is being checked out in this process."""


class RegistrationError(ValueError):
    """An intent that cannot be registered with these values; the message says why."""


class PaymentUnderWay(Exception):
    """The order's payment has come, or is held for a person: a second one must not be made."""


class _Faster(Exception):
    """Another process has registered an intent of the order meanwhile."""


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
        "needs_review": False,
        "payment_deadline": deadline,
        "next_check_at": deadline,
        "created_at": at,
        "updated_at": at,
    }
    if await store.insert_payment(tx, {**new, **bound}):
        await store.append_history(tx, payment_intent_id, "registered", to_status=Status.PENDING)
        await store.adopt(tx, at, payment_intent_id)
        return
    known = await store.locked_payment(tx, payment_intent_id)
    for name, value in bound.items():
        if (before := getattr(known, name)) != value:
            raise RegistrationError(
                f"intent {payment_intent_id} is registered with {name} {before}, not {value}"
            )


async def create_intent(order_id: str, amount: str, currency: str, *, reuse: bool = True) -> Intent:
    """An intent at KryptoGO, registered: what the customer needs to pay is in it.

    A second click gets the first one's again while there is time to pay it, or, without `reuse`,
    a new one. Call it outside any transaction: it waits for KryptoGO. Raises ConfigurationError
    without KRYPTOGO_CALLBACK_URL, PaymentUnderWay (never without `reuse`), RegistrationError,
    ProviderError.
    """
    config = settings()
    if config.callback_url is None:
        raise ConfigurationError(
            "KRYPTOGO_CALLBACK_URL is not set. Set it to the public URL of the callback route."
        )
    _check("-", order_id, amount, currency)
    token = f"?{urlencode({'token': config.callback_token})}" if config.callback_token else ""
    url = config.callback_url + token
    lock = _checkouts.setdefault(order_id, Lock())
    async with lock.held():
        while True:
            seen = await store.payments_of_order(order_id)
            if reuse and (payable := await _payable(seen, amount, currency)):
                return payable
            intent = await post_intent(amount, currency, url, {ORDER_DATA_KEY: order_id})
            known = {payment.payment_intent_id for payment in seen} if reuse else None
            register = partial(_register, intent, order_id, amount, currency, known)
            # Of two processes one is faster: the other's intent is not registered, and nobody's.
            with suppress(_Faster):
                await transaction(register)
                return intent


async def _register(
    intent: Intent, order_id: str, amount: str, currency: str, known: set[str] | None, tx: Tx
) -> None:
    """Register an intent, unless the order has others than the `known`: raises _Faster."""
    await alone(tx)
    intent_id, unix = intent.payment_intent_id or "", intent.payment_deadline
    deadline = datetime.fromtimestamp(unix, UTC) if unix else None
    await register_intent(tx, intent_id, order_id, amount, currency, deadline)
    if known is not None:
        of_order = await store.lock_order(tx, order_id, now())
        if of_order.keys() - known - {intent_id}:
            raise _Faster


async def _payable(seen: list[Payment], amount: str, currency: str) -> Intent | None:
    """The latest intent over this amount that KryptoGO confirms as still to be paid.

    Raises PaymentUnderWay where one has been paid already, though it is not settled here yet.
    """
    for payment in reversed([one for one in seen if one.status == Status.PENDING]):
        intent_id = payment.payment_intent_id
        if payment.needs_review:
            raise PaymentUnderWay(f"payment {intent_id} waits for a person: see review list")
        over = (Decimal(payment.expected_fiat_amount), payment.fiat_currency)
        in_time = payment.payment_deadline > now() + TIME_TO_PAY
        if over != (Decimal(amount), currency) or not in_time:
            continue
        intent = await get_intent(intent_id)
        if intent and intent.status != Status.PENDING:
            # Its callback is lost, or still to be settled.
            await transaction(partial(owe, intent_id=intent_id, status=RECHECK))
            if intent.status == Status.SUCCESS:
                raise PaymentUnderWay(f"payment {intent_id} has come, and is being settled")
        elif intent and intent.payment_address:
            if not mismatch(payment, intent, settings().environment):
                return intent
    return None


async def payments_for_order(order_id: str) -> list[Payment]:
    """The payments of an order, oldest first, for the user interface."""
    return await store.payments_of_order(order_id)


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
