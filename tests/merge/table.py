"""The table of scenarios (docs/regeneration.md): each a project, its story, and what must be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.merge.shop import SHOPS, Shop


@dataclass(frozen=True)
class Scenario:
    """One row of the table."""

    number: str
    what: str
    run: Callable[[Path, Shop], None]
    shops: tuple[Shop, ...]


TABLE: list[Scenario] = []


def scenario(
    number: str, shops: tuple[Shop, ...] = SHOPS
) -> Callable[[Callable[[Path, Shop], None]], Callable[[Path, Shop], None]]:
    """Enter a function into the table, for projects in some languages."""

    def enter(run: Callable[[Path, Shop], None]) -> Callable[[Path, Shop], None]:
        TABLE.append(Scenario(number, run.__name__, run, shops))
        return run

    return enter
