# kgscaffold:id=module/handlers
"""Your code, one file per status: its `apply` runs in the transaction that changes the payment."""

from types import ModuleType

from ..core.model import Status
from . import expired, insufficient_not_refunded, insufficient_refunded, pending, success

BY_STATUS: dict[Status, ModuleType] = {
    Status.PENDING: pending,
    Status.SUCCESS: success,
    Status.EXPIRED: expired,
    Status.INSUFFICIENT_NOT_REFUNDED: insufficient_not_refunded,
    Status.INSUFFICIENT_REFUNDED: insufficient_refunded,
}
