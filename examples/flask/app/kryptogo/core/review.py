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


def reconcile() -> int:
    """Re-check payments that should have moved, and dead callbacks; how many were processed."""
    at = now()
    for payment in store.payments_to_check(at):
        transaction(partial(owe, intent_id=payment.payment_intent_id, status=RECHECK))
    for callback in store.dead_callbacks():
        reopen(callback)
    return process_due()


def reopen(callback: Callback) -> bool:
    """Owe the callback its work again; False where it is at work, or has been opened by now."""
    again = opened(callback, now())
    return transaction(lambda tx: store.update_callback(tx, callback, again))


def replay(intent_id: str) -> int:
    """Owe dead, rejected and held callbacks again; how many. Raises NotPossible."""
    _payment(intent_id)
    number = 0
    for callback in store.callbacks_of(intent_id):
        given_up = callback.state in (State.DEAD, State.REJECTED)
        if given_up or callback.outcome == "conflict":
            number += reopen(callback)
    return number


def replay_handler(intent_id: str) -> Status:
    """Run the handler of the payment's status again; that status.

    Raises NotPossible, HandlerFailed.
    """
    return transaction(partial(_replay_handler, _payment(intent_id)))


def _replay_handler(seen: Payment, tx: Tx) -> Status:
    payment, paid = lock(tx, seen, now())
    _change(tx, payment, paid, payment.status, "replay")
    return payment.status


def resolve(intent_id: str, status: Status | None, why: str) -> None:
    """Close a review: leave the payment as it is, or give it `status` and run its handler.

    A second success of an order has no `after_commit`: nothing is shipped twice.
    Raises NotPossible where nothing is to be reviewed or changed, HandlerFailed.
    """
    transaction(partial(_resolve, _payment(intent_id), status, why))


def _resolve(seen: Payment, status: Status | None, why: str, tx: Tx) -> None:
    intent_id = seen.payment_intent_id
    payment, paid = lock(tx, seen, now())
    # Asked under the lock: of two people, or a person and the worker, only one runs the handler.
    if not payment.needs_review:
        raise NotPossible(f"{intent_id} needs no review (it is {payment.status}): nothing changed")
    if payment.status == status:
        raise NotPossible(
            f"{intent_id} is {status} already: nothing changed. Close its review with --keep"
        )
    if status:
        _change(tx, payment, paid, status, why)
    else:
        store.append_history(tx, intent_id, "rejected", detail={"note": why})
    reviewed = replace(payment, needs_review=False, review_reason=None)
    store.update_payment(tx, payment, reviewed)


def _change(tx: Tx, payment: Payment, paid: bool, status: Status, why: str) -> None:
    same = payment.status == status
    event = event_of(payment, status, paid, None, Facts())
    at = now()
    if same or not change_to(tx, payment, event, at, why=why):
        change_to(tx, payment, event, at, why=why, again=True)
    paid_twice = status == Status.SUCCESS and paid and not same
    if BY_STATUS[status].after_commit is None or paid_twice:
        return
    if not owe(tx, payment.payment_intent_id, status):
        raise NotPossible(f"a callback of {payment.payment_intent_id} is at work: try again soon")


def _payment(intent_id: str) -> Payment:
    if payment := store.get_payment(intent_id):
        return payment
    raise NotPossible(f"no payment is registered for intent {intent_id}")
