"""Many payments, each with a way through the statuses that KryptoGO may take, and their end."""

from __future__ import annotations

import asyncio
from asyncio import to_thread
from collections import Counter
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, TypeVar

from kgscaffold.simulator.entropy import Entropy
from kgscaffold.verify.statuses import (
    EXPIRED,
    NOT_REFUNDED,
    ORDER_STATUS,
    PENDING,
    REFUNDED,
    STATUSES,
    SUCCESS,
    is_path,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from kgscaffold.verify.app import App, Purchase
    from kgscaffold.verify.shown import Shown
    from kgscaffold.verify.stage import Stage

T = TypeVar("T")
WAYS = (
    (SUCCESS,),
    (EXPIRED,),
    (NOT_REFUNDED,),
    (REFUNDED,),
    (EXPIRED, SUCCESS),
    (EXPIRED, REFUNDED),
    (NOT_REFUNDED, SUCCESS),
    (NOT_REFUNDED, REFUNDED),
    (EXPIRED, NOT_REFUNDED, SUCCESS),
    (EXPIRED, NOT_REFUNDED, REFUNDED),
)


@dataclass(frozen=True)
class Journey:
    """One payment, and the statuses it goes through at KryptoGO."""

    bought: Purchase
    way: tuple[str, ...]

    @property
    def intent(self) -> str:
        """Its intent's id."""
        return self.bought.intent

    @property
    def end(self) -> str:
        """The status at which it rests."""
        return self.way[-1]

    def settled(self, shown: Shown) -> bool:
        """Say whether it has arrived, and nothing that was applied is owed."""
        owed = [row for row in shown.callbacks.values() if row["state"] == "applied"]
        return shown.status == self.end and not owed


async def begin(app: App, number: int) -> list[Journey]:
    """So many orders with one intent each, all ways equally often."""
    bought = await app.buy_many(number)
    return [Journey(one, WAYS[i % len(WAYS)]) for i, one in enumerate(bought)]


def shuffled(journeys: list[Journey], copies: int, seed: int) -> list[tuple[str, str]]:
    """Every status of every journey, true or not, so many times each, in random order."""
    deliveries = list(product((journey.intent for journey in journeys), STATUSES)) * copies
    return _in_random_order(deliveries, seed)


async def travel(app: App, journeys: list[Journey], seed: int, pause: float = 0) -> None:
    """Let KryptoGO's statuses progress, a step of a random journey every `pause` seconds."""
    steps = _in_random_order([journey for journey in journeys for _ in journey.way], seed)
    position: Counter[str] = Counter()
    for journey in steps:
        await app.truth(journey.intent, journey.way[position[journey.intent]])
        position[journey.intent] += 1
        await asyncio.sleep(pause)


def _in_random_order(items: list[T], seed: int) -> list[T]:
    entropy = Entropy(seed)
    numbered = sorted(enumerate(items), key=lambda one: entropy.unit(one[0]))
    return [item for _, item in numbered]


async def judge(stage: Stage, app: App, journeys: list[Journey], within: float) -> None:
    """Wait for the ends; every status applied took effect once, in a legal order, and was told.

    Keeps how many payments were lost (not where they should be), and how many effects came twice.
    """
    wanted: dict[str, Callable[[Shown], bool]] = {one.intent: one.settled for one in journeys}
    found = await app.settled(wanted, within)
    effects = await to_thread(app.effects.left_by_all)
    applied = Counter((one.intent, s) for one in journeys for s in found[one.intent].applied)
    twice = {key: times for key, times in effects.items() if times != 1}
    stage.equal("all payments", "took effect more than once", twice, {})
    differing = set(effects.items()) ^ set(applied.items())
    stage.equal("all payments", "history and effects differ", differing, set())
    lost = [one for one in journeys if not one.settled(found[one.intent])]
    for one in journeys:
        _judge_one(stage, one, found[one.intent])
    announced = set(await to_thread(app.effects.announced))
    stage.equal("all payments", "announced", announced ^ set(applied), set())
    stage.figure("lost", len(lost))
    stage.figure("twice", len(twice))


def _judge_one(stage: Stage, journey: Journey, shown: Shown) -> None:
    case = f"{journey.intent}, {' -> '.join(journey.way)}"
    moves = [status for status in shown.applied if status != PENDING]
    stage.equal(case, "status", shown.status, journey.end)
    stage.equal(case, "order", shown.order.get("status"), ORDER_STATUS[journey.end])
    stage.true(case, "applied in a legal order", is_path(shown.applied), shown.applied)
    stage.true(case, "applied what KryptoGO said", set(moves) <= set(journey.way), moves)
    stage.equal(case, "needs review", shown.needs_review, False)


def judge_log(stage: Stage, app: App, *forbidden: str) -> None:
    """No traceback, and none of the forbidden phrases, in any log."""
    log = app.log_text()
    for phrase in ("Traceback", "\n    at ", "database is locked", *forbidden):
        position = log.find(phrase)
        seen = log[max(0, position - 300) : position + 1200] if position >= 0 else ""
        stage.true("the log", f"is without {phrase!r}", position < 0, seen, "nothing of the kind")
