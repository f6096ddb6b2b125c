"""The contract's decision table, read from `decisions.toml`, and what follows from it."""

from __future__ import annotations

import tomllib
from pathlib import Path

PENDING = "pending"
SUCCESS = "success"
EXPIRED = "expired"
NOT_REFUNDED = "insufficient_not_refunded"
REFUNDED = "insufficient_refunded"

APPLY, SAME, STALE, HOLD = "applied", "duplicate", "stale", "conflict"
REACHED, AHEAD, UNRELATED = "reached", "ahead", "unrelated"

_TABLE = tomllib.loads(Path(__file__).with_name("decisions.toml").read_text(encoding="utf-8"))

Pair = tuple[str, str]
"""Our status, and KryptoGO's."""
STATUSES: tuple[str, ...] = tuple(_TABLE["statuses"])
DECISIONS: dict[Pair, str] = {
    (ours, theirs): decision
    for ours, row in _TABLE["decisions"].items()
    for theirs, decision in zip(STATUSES, row, strict=True)
}
"""To the outcome in the history."""
LATE: set[Pair] = {(ours, theirs) for ours, theirs in _TABLE["late"]}
SKIPPED: set[Pair] = {(ours, theirs) for ours, theirs in _TABLE["skipped"]}

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


def standing(claim: str, ours: str, theirs: str) -> str:
    """Give where a claim stands once our status is settled by KryptoGO's."""
    if claim == ours or reaches(claim, ours):
        return REACHED
    return AHEAD if reaches(theirs, claim) else UNRELATED


def is_path(statuses: list[str]) -> bool:
    """Whether each status may follow the one before it, from a payment that is pending."""
    moves = zip([PENDING, *statuses], statuses, strict=False)
    return all(reaches(a, b) or (a, b) == (PENDING, PENDING) for a, b in moves)
