"""The table of scenarios (docs/regeneration.md): each a project, its story, and what must be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Scenario:
    """One row of the table."""

    number: str
    what: str
    run: Callable[[Path], None]


TABLE: list[Scenario] = []


def scenario(number: str) -> Callable[[Callable[[Path], None]], Callable[[Path], None]]:
    """Enter a function into the table."""

    def enter(run: Callable[[Path], None]) -> Callable[[Path], None]:
        TABLE.append(Scenario(number, run.__name__, run))
        return run

    return enter
