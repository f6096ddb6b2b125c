"""What a rule is, and how it is declared: a decorated coroutine function in `rules/`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kgscaffold.verify.model import Depth, Place

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from kgscaffold.verify.model import Need
    from kgscaffold.verify.stage import Stage

    Play = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True)
class Rule:
    """One sentence of the contract, and how it is put to the proof."""

    name: str
    """`<module>.<function>`."""
    states: str
    play: Play
    place: Place
    needs: frozenset[Need]
    depth: Depth
    long: bool
    """It mostly waits, for tens of seconds: it is begun before the others of its place."""


DECLARED: dict[str, Rule] = {}


def rule(
    states: str,
    *needs: Need,
    place: Place = Place.SHARED,
    depth: Depth = Depth.STANDARD,
    long: bool = False,
) -> Callable[[Play], Rule]:
    """Declare the function as a rule that states this sentence of the contract."""

    def declare(play: Play) -> Rule:
        module = play.__module__.rpartition(".")[2]
        name = f"{module}.{play.__name__}"
        declared = Rule(name, states, play, place, frozenset(needs), depth, long)
        DECLARED[name] = declared
        return declared

    return declare
