"""The contract's decision table and what follows from it, written out for the tests."""

from __future__ import annotations

PENDING = "pending"
SUCCESS = "success"
EXPIRED = "expired"
NOT_REFUNDED = "insufficient_not_refunded"
REFUNDED = "insufficient_refunded"
STATUSES = (PENDING, SUCCESS, EXPIRED, NOT_REFUNDED, REFUNDED)

APPLY, SAME, STALE, HOLD = "applied", "duplicate", "stale", "conflict"

_ROWS = {
    PENDING: (SAME, APPLY, APPLY, APPLY, APPLY),
    EXPIRED: (STALE, APPLY, SAME, APPLY, APPLY),
    NOT_REFUNDED: (STALE, APPLY, STALE, SAME, APPLY),
    REFUNDED: (STALE, HOLD, STALE, STALE, SAME),
    SUCCESS: (STALE, SAME, HOLD, HOLD, HOLD),
}
DECISIONS = {
    (ours, theirs): decision
    for ours, row in _ROWS.items()
    for theirs, decision in zip(STATUSES, row, strict=True)
}
"""(our status, KryptoGO's) to the outcome in the history."""

LATE = {(EXPIRED, SUCCESS), (EXPIRED, NOT_REFUNDED), (EXPIRED, REFUNDED)}
SKIPPED = {(PENDING, REFUNDED), (EXPIRED, REFUNDED)}

ORDER_STATUS = {
    PENDING: "new",
    SUCCESS: "paid",
    EXPIRED: "expired",
    NOT_REFUNDED: "underpaid",
    REFUNDED: "refunded",
}
"""The order's status once the handler of a payment's status has run."""


def reaches(earlier: str, later: str) -> bool:
    """Whether `later` may still follow `earlier`."""
    return DECISIONS[earlier, later] == APPLY


def is_path(statuses: list[str]) -> bool:
    """Whether each status may follow the one before it, from a payment that is pending."""
    moves = zip([PENDING, *statuses], statuses, strict=False)
    return all(reaches(a, b) or (a, b) == (PENDING, PENDING) for a, b in moves)
