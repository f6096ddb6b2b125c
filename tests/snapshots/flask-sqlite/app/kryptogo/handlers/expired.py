# kgscaffold:id=handlers/expired
from app.orders import expire_order

from ..core.database import Tx
from ..core.model import Payment, PaymentEvent


def apply(tx: Tx, payment: Payment, event: PaymentEvent) -> None:
    """The customer did not pay in time. A late payment may still come, as a success."""
    if not event.order_already_paid:
        expire_order(tx, payment.order_id)
