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


def reconcile() -> int:
    """Re-check payments that should have moved, and dead callbacks; how many were processed."""
    at = now()
    for payment in store.payments_to_check(at):
        transaction(owe, payment.payment_intent_id, RECHECK)
    for callback in store.dead_callbacks():
        transaction(store.update_callback, callback, opened(callback, at))
    return process_due()


def replay(intent_id: str) -> int:
    """Owe dead, rejected and held callbacks again; how many. Raises NotPossible."""
    _payment(intent_id)
    number = 0
    for callback in store.callbacks_of(intent_id):
        given_up = callback.state in (State.DEAD, State.REJECTED)
        if given_up or callback.outcome == "conflict":
            again = opened(callback, now())
            number += transaction(store.update_callback, callback, again)
    return number


def replay_handler(intent_id: str) -> Status:
    """Run the handler of the payment's status again; that status.

    Raises NotPossible, HandlerFailed.
    """
    payment = _payment(intent_id)
    return transaction(_replay_handler, intent_id, payment.order_id)


def _replay_handler(tx: Tx, intent_id: str, order_id: str) -> Status:
    locked = store.lock_order(tx, order_id, now())
    status = locked[intent_id].status
    _change(tx, locked, intent_id, status, "replay")
    return status


def resolve(intent_id: str, status: Status | None, why: str) -> None:
    """Close a review: leave the payment as it is, or give it `status` and run its handler.

    A second success of an order has no `after_commit`: nothing is shipped twice.
    Raises NotPossible where nothing is to be reviewed or changed, HandlerFailed.
    """
    payment = _payment(intent_id)
    transaction(_resolve, intent_id, payment.order_id, status, why)


def _resolve(tx: Tx, intent_id: str, order_id: str, status: Status | None, why: str) -> None:
    locked = store.lock_order(tx, order_id, now())
    payment = locked[intent_id]
    # Asked under the lock: of two people, or a person and the worker, only one runs the handler.
    if not payment.needs_review:
        raise NotPossible(f"{intent_id} needs no review (it is {payment.status}): nothing changed")
    if payment.status == status:
        raise NotPossible(
            f"{intent_id} is {status} already: nothing changed. Close its review with --keep"
        )
    if status:
        _change(tx, locked, intent_id, status, why)
    else:
        store.append_history(tx, intent_id, "rejected", "manual", detail={"note": why})
    store.update_payment(tx, intent_id, {"needs_review": False, "review_reason": None})


def _change(tx: Tx, locked: dict[str, Payment], intent_id: str, status: Status, why: str) -> None:
    payment = locked[intent_id]
    same = payment.status == status
    others = [one for one in locked.values() if one is not payment]
    paid = any(one.status == Status.SUCCESS for one in others)
    event = event_of(payment, status, paid, None, Facts())
    if same or not note(tx, payment, event, None, why=why):
        note(tx, payment, event, None, why=why, again=True)
    change_to(tx, payment, event, now(), {})
    paid_twice = status == Status.SUCCESS and paid and not same
    if BY_STATUS[status].after_commit is None or paid_twice:
        return
    if not owe(tx, intent_id, status):
        raise NotPossible(f"a callback of {intent_id} is at work: try again in a moment")


def _payment(intent_id: str) -> Payment:
    if payment := store.get_payment(intent_id):
        return payment
    raise NotPossible(f"no payment is registered for intent {intent_id}")
