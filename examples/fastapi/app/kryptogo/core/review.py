# kgscaffold:id=core/review
"""What a person does: re-check, resolve what was held, replay what was given up."""

from dataclasses import replace
from functools import partial

from ..handlers import BY_STATUS
from . import store
from .database import Tx, transaction
from .decision import event_of
from .model import RECHECK, Callback, Facts, Payment, State, Status, now
from .queue import owe
from .schedule import opened
from .settle import change_to, lock
from .worker import process_due


class NotPossible(Exception):
    """What was asked for cannot be done now; the message says why."""


async def reconcile() -> int:
    """Re-check payments that should have moved, and dead callbacks; how many were processed."""
    at = now()
    for payment in await store.payments_to_check(at):
        await transaction(partial(owe, intent_id=payment.payment_intent_id, status=RECHECK))
    for callback in await store.dead_callbacks():
        await reopen(callback)
    return await process_due()


async def reopen(callback: Callback) -> bool:
    """Owe the callback its work again; False where it is at work, or has been opened by now."""
    again = opened(callback, now())
    return await transaction(lambda tx: store.update_callback(tx, callback, again))


async def replay(intent_id: str) -> int:
    """Owe dead, rejected and held callbacks again; how many. Raises NotPossible."""
    await _payment(intent_id)
    number = 0
    for callback in await store.callbacks_of(intent_id):
        given_up = callback.state in (State.DEAD, State.REJECTED)
        if given_up or callback.outcome == "conflict":
            number += await reopen(callback)
    return number


async def replay_handler(intent_id: str) -> Status:
    """Run the handler of the payment's status again; that status.

    Raises NotPossible, HandlerFailed.
    """
    return await transaction(partial(_replay_handler, await _payment(intent_id)))


async def _replay_handler(seen: Payment, tx: Tx) -> Status:
    payment, paid = await lock(tx, seen, now())
    await _change(tx, payment, paid, payment.status, "replay")
    return payment.status


async def resolve(intent_id: str, status: Status | None, why: str) -> None:
    """Close a review: leave the payment as it is, or give it `status` and run its handler.

    A second success of an order has no `after_commit`: nothing is shipped twice.
    Raises NotPossible where nothing is to be reviewed or changed, HandlerFailed.
    """
    await transaction(partial(_resolve, await _payment(intent_id), status, why))


async def _resolve(seen: Payment, status: Status | None, why: str, tx: Tx) -> None:
    intent_id = seen.payment_intent_id
    payment, paid = await lock(tx, seen, now())
    # Asked under the lock: of two people, or a person and the worker, only one runs the handler.
    if not payment.needs_review:
        raise NotPossible(f"{intent_id} needs no review (it is {payment.status}): nothing changed")
    if payment.status == status:
        raise NotPossible(
            f"{intent_id} is {status} already: nothing changed. Close its review with --keep"
        )
    if status:
        await _change(tx, payment, paid, status, why)
    else:
        await store.append_history(tx, intent_id, "rejected", detail={"note": why})
    reviewed = replace(payment, needs_review=False, review_reason=None)
    await store.update_payment(tx, payment, reviewed)


async def _change(tx: Tx, payment: Payment, paid: bool, status: Status, why: str) -> None:
    same = payment.status == status
    event = event_of(payment, status, paid, None, Facts())
    at = now()
    if same or not await change_to(tx, payment, event, at, why=why):
        await change_to(tx, payment, event, at, why=why, again=True)
    paid_twice = status == Status.SUCCESS and paid and not same
    if BY_STATUS[status].after_commit is None or paid_twice:
        return
    if not await owe(tx, payment.payment_intent_id, status):
        raise NotPossible(f"a callback of {payment.payment_intent_id} is at work: try again soon")


async def _payment(intent_id: str) -> Payment:
    if payment := await store.get_payment(intent_id):
        return payment
    raise NotPossible(f"no payment is registered for intent {intent_id}")
