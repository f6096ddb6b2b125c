# kgscaffold:id=handlers/pending
from ..core.database import Tx
from ..core.model import Payment, PaymentEvent


def apply(tx: Tx, payment: Payment, event: PaymentEvent) -> None:
    """The customer has not paid yet: nothing changes for the order."""
