# kgscaffold:id=handlers/success
import logging

from app.orders import update_order

from ..core.database import Tx
from ..core.model import Payment, PaymentEvent

log = logging.getLogger(__name__)


def apply(tx: Tx, payment: Payment, event: PaymentEvent) -> None:
    """The order is paid. `event.late`: it had expired before, so its goods may be gone."""
    update_order(tx, payment.order_id, status="paid", payment_tx_hash=event.payment_tx_hash)


def after_commit(payment: Payment, event: PaymentEvent) -> None:
    """At least once, after the commit: mail, fulfilment. `event.key` makes them idempotent."""
    log.info("order %s is paid: ship it (%s)", payment.order_id, event.key)
