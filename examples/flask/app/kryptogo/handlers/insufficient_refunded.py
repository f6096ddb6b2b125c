# kgscaffold:id=handlers/insufficient_refunded
import logging

from app.orders import update_order

from ..core.database import Tx
from ..core.model import Payment, PaymentEvent

log = logging.getLogger(__name__)


def apply(tx: Tx, payment: Payment, event: PaymentEvent) -> None:
    """The customer paid too little and got it back: the order is over."""
    if not event.order_already_paid:
        update_order(
            tx,
            payment.order_id,
            status="refunded",
            refund_tx_hash=event.refund_tx_hash,
            refund_amount=event.refund_amount,
        )


def after_commit(payment: Payment, event: PaymentEvent) -> None:
    """At least once, after the commit: mail, fulfilment. `event.key` makes them idempotent."""
    log.info("order %s was refunded: tell the customer (%s)", payment.order_id, event.key)
