# kgscaffold:id=core/transitions
"""The decision table: pure functions of our status, KryptoGO's, and what a callback claims."""

from enum import Enum, StrEnum, auto

from .model import Status

REACHES: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset(Status) - {Status.PENDING},
    Status.EXPIRED: frozenset(
        {Status.SUCCESS, Status.INSUFFICIENT_NOT_REFUNDED, Status.INSUFFICIENT_REFUNDED}
    ),
    Status.INSUFFICIENT_NOT_REFUNDED: frozenset({Status.SUCCESS, Status.INSUFFICIENT_REFUNDED}),
    Status.INSUFFICIENT_REFUNDED: frozenset(),
    Status.SUCCESS: frozenset(),
}
"""Every status that may follow, directly or not."""


class Move(StrEnum):
    """What is to be done; in the history, its outcome."""

    APPLY = "applied"
    SAME = "duplicate"
    STALE = "stale"
    HOLD = "conflict"


class Claim(Enum):
    REACHED = auto()
    AHEAD = auto()
    UNRELATED = auto()


def decide(ours: Status, theirs: Status) -> Move:
    """What KryptoGO's status means for ours: never downgrade what is paid, nor fulfil a refund."""
    if theirs == ours:
        return Move.SAME
    if theirs in REACHES[ours]:
        return Move.APPLY
    downgrade = ours == Status.SUCCESS and theirs != Status.PENDING
    fulfilment = ours == Status.INSUFFICIENT_REFUNDED and theirs == Status.SUCCESS
    return Move.HOLD if downgrade or fulfilment else Move.STALE


def settle_claim(claim: Status | None, ours: Status, theirs: Status) -> Claim:
    """Where a claim stands once our status is settled. AHEAD is API lag, or a forgery."""
    if claim is None or claim == ours or ours in REACHES[claim]:
        return Claim.REACHED
    if claim in REACHES[theirs]:
        return Claim.AHEAD
    return Claim.UNRELATED
