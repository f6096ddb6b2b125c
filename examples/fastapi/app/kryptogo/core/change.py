# kgscaffold:id=core/change
"""One change of a payment, with the effect of its handler, inside the caller's transaction."""

import asyncio
from collections.abc import Awaitable
from dataclasses import asdict, replace
from typing import Any

from ..handlers import BY_STATUS
from . import payments
from .database import Tx, is_transient, reason
from .model import Callback, Facts, Payment, PaymentEvent, Status, now
from .schedule import FINAL, next_check

HANDLER_SECONDS = 30


class HandlerFailed(Exception):
    """A handler raised or took too long; nothing of it is kept."""


async def change(
    tx: Tx,
    payment: Payment,
    status: Status,
    order_paid: bool,
    *,
    callback: Callback | None = None,
    facts: Facts | None = None,
    again: bool = False,
    note: str | None = None,
) -> tuple[Payment, PaymentEvent]:
    """Give `payment` the status: update, history, handler. Raises HandlerFailed.

    What the handler saw comes back. Without `callback` and `facts`, which KryptoGO told, it is a
    person's doing. `again` leaves the history's once-only mark of the status alone.
    """
    at, expired = now(), payment.status == Status.EXPIRED
    told = facts.told() if facts else {}
    event = PaymentEvent(
        status=status,
        from_status=payment.status,
        claimed_status=callback.claimed_status if callback else None,
        late=expired and status != Status.EXPIRED,
        skipped=status == Status.INSUFFICIENT_REFUNDED
        and (expired or payment.status == Status.PENDING),
        order_already_paid=order_paid,
        key=f"{payment.payment_intent_id}:{status}",
        **(payment.facts() | told),
    )
    values: dict[str, Any] = {"status": status, "next_check_at": next_check(payment, status, at)}
    values |= event.facts() | ({"last_verified_at": at} if callback else {})
    if callback and payment.review_reason and await _answers(tx, payment, status):
        values |= {"needs_review": False, "review_reason": None}
    await payments.save(tx, payment.payment_intent_id, values)
    await payments.record(
        tx,
        payment.payment_intent_id,
        "applied",
        callback.source if callback else "manual",
        callback_id=callback.id if callback else None,
        from_status=payment.status,
        to_status=status,
        applied_status=None if again else status,
        detail={**asdict(event), "note": note},
    )
    changed = replace(payment, **values)
    await run_handler(BY_STATUS[status].apply(tx, changed, event))
    return changed, event


async def _answers(tx: Tx, payment: Payment, status: Status) -> bool:
    """Whether KryptoGO's `status` settles what a person was called for.

    A success or a refund that was held is not answered by anything else: its money has moved.
    """
    intent_id, review = payment.payment_intent_id, payment.review_reason or ""
    others = [final for final in FINAL if final != status]
    return not any([await payments.is_held(tx, intent_id, review, final) for final in others])


async def run_handler(call: Awaitable[None]) -> None:
    """Await a handler. Raises HandlerFailed, or the database's error where it is transient."""
    try:
        async with asyncio.timeout(HANDLER_SECONDS):
            await call
    except Exception as error:
        if is_transient(error) and not isinstance(error, OSError):
            raise
        raise HandlerFailed(reason(error)) from error
