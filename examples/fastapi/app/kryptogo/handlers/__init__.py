# kgscaffold:id=module/handlers
"""Your code, one file per status: its `apply` runs in the transaction that changes the payment."""

from ..core.model import Handler, Status
from . import expired, insufficient_not_refunded, insufficient_refunded, pending, success

# An `after_commit` that you add to a file is called when it is named here.
BY_STATUS = {
    Status.PENDING: Handler(pending.apply),
    Status.SUCCESS: Handler(success.apply, success.after_commit),
    Status.EXPIRED: Handler(expired.apply),
    Status.INSUFFICIENT_NOT_REFUNDED: Handler(insufficient_not_refunded.apply),
    Status.INSUFFICIENT_REFUNDED: Handler(
        insufficient_refunded.apply, insufficient_refunded.after_commit
    ),
}
