"""What a rule may ask for, what it is played on, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum


class Depth(IntEnum):
    """How much is asked."""

    STANDARD = 1
    """Every rule, in two minutes."""
    THOROUGH = 2
    """More of the same, and the waits of minutes in real time."""


class Place(Enum):
    """Where a rule is played."""

    SHARED = "shared"
    """On one app with all others of this kind: with intents of its own, and none else's."""
    OWN = "own"
    """On apps that it opens, beside others."""
    QUIET = "quiet"
    """On apps that it opens, while no other rule is played: it measures."""


class Need(Enum):
    """What only a test harness can do; a rule that needs it is not played without."""

    EFFECTS = "effects"
    """Handlers that leave a trace, and fail when they are told to."""
    CLOCK = "clock"
    """Times in the database that are moved, so that a wait is over at once."""
    ROWS = "rows"
    """The contract's tables, read and changed."""
    OUTAGE = "outage"
    """A database that goes away, freezes, or is locked."""


@dataclass(frozen=True)
class Cell:
    """One combination, and what its database truly does differently."""

    name: str
    one_writer: bool
    """The database admits one writing transaction at a time: acknowledgements wait for it."""
    schemes: tuple[str, ...] = ()
    """What addresses of the database begin with, as hosting services give them."""


@dataclass(frozen=True)
class Violation:
    """One case of a rule in which the app did something else."""

    case: str
    what: str
    expected: str
    seen: str

    def __str__(self) -> str:
        return f"{self.case}: {self.what}: expected {self.expected}, seen {self.seen}"


@dataclass
class Result:
    """How one rule ended on one cell."""

    name: str
    states: str
    cases: int = 0
    """How many comparisons were made."""
    seconds: float = 0
    violations: list[Violation] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    """Measured values by name; the name ends in its unit."""

    @property
    def text(self) -> str:
        """What a person reads of a rule that does not hold."""
        head = f"{self.name}: {self.states}"
        return "\n".join([head, *(f"  {one}" for one in self.violations)])
