# kgscaffold:id=handlers/insufficient_not_refunded
from app.orders import update_order

from ..core.database import Tx
from ..core.model import Payment, PaymentEvent


def apply(tx: Tx, payment: Payment, event: PaymentEvent) -> None:
    """The customer paid too little. Not final: a refund or a success may follow."""
    if not event.order_already_paid:
        update_order(
            tx, payment.order_id, status="underpaid", payment_tx_hash=event.payment_tx_hash
        )
