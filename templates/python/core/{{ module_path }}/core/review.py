# kgscaffold:id=core/review
"""What a person does: re-check, resolve what was held, replay what was given up."""

from ..handlers import BY_STATUS
from . import store
from .database import Tx, transaction
from .decision import change_to, event_of, note
from .model import RECHECK, Facts, Payment, State, Status, now
from .queue import owe
from .rules import opened
from .settle import process_due


class NotPossible(Exception):
    """What was asked for cannot be done now; the message says why."""


async def reconcile() -> int:
    """Re-check payments that should have moved, and dead callbacks; how many were processed."""
    at = now()
    for payment in await store.payments_to_check(at):
        await transaction(owe, payment.payment_intent_id, RECHECK)
    for callback in await store.dead_callbacks():
        await transaction(store.update_callback, callback, opened(callback, at))
    return await process_due()


async def replay(intent_id: str) -> int:
    """Owe dead, rejected and held callbacks again; how many. Raises NotPossible."""
    await _payment(intent_id)
    number = 0
    for callback in await store.callbacks_of(intent_id):
        given_up = callback.state in (State.DEAD, State.REJECTED)
        if given_up or callback.outcome == "conflict":
            again = opened(callback, now())
            number += await transaction(store.update_callback, callback, again)
    return number


async def replay_handler(intent_id: str) -> Status:
    """Run the handler of the payment's status again; that status.

    Raises NotPossible, HandlerFailed.
    """
    payment = await _payment(intent_id)
    return await transaction(_replay_handler, intent_id, payment.order_id)


async def _replay_handler(tx: Tx, intent_id: str, order_id: str) -> Status:
    locked = await store.lock_order(tx, order_id, now())
    status = locked[intent_id].status
    await _change(tx, locked, intent_id, status, "replay")
    return status


async def resolve(intent_id: str, status: Status | None, why: str) -> None:
    """Close a review: leave the payment as it is, or give it `status` and run its handler.

    A second success of an order has no `after_commit`: nothing is shipped twice.
    Raises NotPossible where nothing is to be reviewed or changed, HandlerFailed.
    """
    payment = await _payment(intent_id)
    await transaction(_resolve, intent_id, payment.order_id, status, why)


async def _resolve(tx: Tx, intent_id: str, order_id: str, status: Status | None, why: str) -> None:
    locked = await store.lock_order(tx, order_id, now())
    payment = locked[intent_id]
    # Asked under the lock: of two people, or a person and the worker, only one runs the handler.
    if not payment.needs_review:
        raise NotPossible(f"{intent_id} needs no review (it is {payment.status}): nothing changed")
    if payment.status == status:
        raise NotPossible(
            f"{intent_id} is {status} already: nothing changed. Close its review with --keep"
        )
    if status:
        await _change(tx, locked, intent_id, status, why)
    else:
        await store.append_history(tx, intent_id, "rejected", "manual", detail={"note": why})
    await store.update_payment(tx, intent_id, {"needs_review": False, "review_reason": None})


async def _change(
    tx: Tx, locked: dict[str, Payment], intent_id: str, status: Status, why: str
) -> None:
    payment = locked[intent_id]
    same = payment.status == status
    others = [one for one in locked.values() if one is not payment]
    paid = any(one.status == Status.SUCCESS for one in others)
    event = event_of(payment, status, paid, None, Facts())
    if same or not await note(tx, payment, event, None, why=why):
        await note(tx, payment, event, None, why=why, again=True)
    await change_to(tx, payment, event, now(), {})
    paid_twice = status == Status.SUCCESS and paid and not same
    if BY_STATUS[status].after_commit is None or paid_twice:
        return
    if not await owe(tx, intent_id, status):
        raise NotPossible(f"a callback of {intent_id} is at work: try again in a moment")


async def _payment(intent_id: str) -> Payment:
    if payment := await store.get_payment(intent_id):
        return payment
    raise NotPossible(f"no payment is registered for intent {intent_id}")
