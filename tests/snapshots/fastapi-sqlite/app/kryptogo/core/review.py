# kgscaffold:id=core/review
"""What a person does: re-check, resolve what was held, replay what was given up."""

from collections.abc import Iterable

from ..handlers import BY_STATUS
from . import payments, queue
from .change import change
from .database import Tx, in_transaction
from .model import RECHECK, Payment, Status, now
from .worker import process_due


class NotPossible(Exception):
    """What was asked for cannot be done now; the message says why."""


async def reconcile() -> int:
    """Re-check payments that should have moved, and dead callbacks; how many were processed."""
    for payment in await payments.to_check(now()):
        await in_transaction(queue.owe, payment.payment_intent_id, RECHECK)
    await in_transaction(queue.reopen_dead)
    return await process_due()


async def resolve(intent_id: str, status: Status | None, note: str) -> None:
    """Close a review: leave the payment as it is, or give it `status` and run its handler.

    A second success of an order has no `after_commit`: nothing is shipped twice.
    Raises NotPossible where nothing is to be reviewed or changed, HandlerFailed.
    """
    await in_transaction(_resolve, intent_id, await _siblings(intent_id), status, note)


async def replay(intent_id: str) -> int:
    """Owe dead, rejected and held callbacks again; how many. Raises NotPossible."""
    await _siblings(intent_id)
    return await in_transaction(queue.reopen, intent_id)


async def replay_handler(intent_id: str) -> Status:
    """Run the handler of the payment's status again; that status.

    Raises NotPossible, HandlerFailed.
    """
    return await in_transaction(_replay_handler, intent_id, await _siblings(intent_id))


async def _resolve(
    tx: Tx, intent_id: str, siblings: list[str], status: Status | None, note: str
) -> None:
    locked = await payments.lock(tx, siblings)
    payment = locked.pop(intent_id)
    # Asked under the lock: of two people, or a person and the worker, only one runs the handler.
    if not payment.needs_review:
        raise NotPossible(f"{intent_id} needs no review (it is {payment.status}): nothing changed")
    if payment.status == status:
        raise NotPossible(
            f"{intent_id} is {status} already: nothing changed. Close its review with --keep"
        )
    if status:
        await _run(tx, payment, status, locked.values(), note)
    await payments.save(tx, intent_id, {"needs_review": False, "review_reason": None})
    if not status:
        await payments.record(tx, intent_id, "rejected", "manual", detail={"note": note})


async def _replay_handler(tx: Tx, intent_id: str, siblings: list[str]) -> Status:
    locked = await payments.lock(tx, siblings)
    payment = locked.pop(intent_id)
    await _run(tx, payment, payment.status, locked.values(), "replay")
    return payment.status


async def _run(
    tx: Tx, payment: Payment, status: Status, others: Iterable[Payment], note: str
) -> None:
    intent_id, same = payment.payment_intent_id, payment.status == status
    paid = any(one.status == Status.SUCCESS for one in others)
    again = same or status in await payments.applied(tx, intent_id)
    await change(tx, payment, status, paid, again=again, note=note)
    paid_twice = status == Status.SUCCESS and paid and not same
    owed = hasattr(BY_STATUS[status], "after_commit") and not paid_twice
    if owed and not await queue.owe(tx, intent_id, status):
        raise NotPossible(f"a callback of {intent_id} is at work: try again in a moment")


async def _siblings(intent_id: str) -> list[str]:
    if siblings := await payments.siblings(intent_id):
        return list(siblings)
    raise NotPossible(f"no payment is registered for intent {intent_id}")
