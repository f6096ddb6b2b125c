"""Senders that deliver a list of callbacks until each is accepted, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import http.client
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from kgscaffold.verify.app import App

Delivery = tuple[str, str]
_PAUSE = 0.05


@dataclass
class Load:
    """Deliveries on their way to the web processes in turn, each until it is answered with 200.

    They may be without end; then `enough` ends them.
    """

    app: App
    deliveries: Iterable[Delivery]
    senders: int = 16
    pause: float = 0
    """Seconds between two deliveries of one sender."""
    seconds: list[float] = field(default_factory=list)
    """How long each answer took."""
    statuses: Counter[int] = field(default_factory=Counter)
    """How often each HTTP status was answered."""
    broken: int = 0
    """How many requests got no answer."""
    without_retry_after: int = 0
    """How many of the answers 503 did not say when to come again."""
    _waiting: Iterator[Delivery] = field(default_factory=lambda: iter(()))
    _wanted: int | None = None
    _enough: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self) -> None:
        """Return when every delivery has been accepted."""
        self._waiting = iter(self.deliveries)
        await asyncio.gather(*(self._work(number) for number in range(self.senders)))

    async def enough(self, accepted: int, within: float = 120) -> None:
        """Take up no further delivery once so many have been accepted. Raises TimeoutError."""
        self._wanted = accepted
        async with asyncio.timeout(within):
            await self._enough.wait()

    async def _work(self, turn: int) -> None:
        while not self._enough.is_set() and (delivery := next(self._waiting, None)):
            while not await self._accepted(turn, *delivery):
                turn += 1
                await asyncio.sleep(_PAUSE)
            turn += 1
            if self._wanted is not None and self.statuses[200] >= self._wanted:
                self._enough.set()
            await asyncio.sleep(self.pause)

    async def _accepted(self, turn: int, intent: str, status: str) -> bool:
        web = self.app.webs[turn % len(self.app.webs)]
        try:
            answer = await self.app.claim_at(web, intent, status)
        except (OSError, http.client.HTTPException):
            self.broken += 1
            return False
        self.statuses[answer.status] += 1
        self.seconds.append(answer.seconds)
        if answer.status == 503 and "retry-after" not in answer.headers:
            self.without_retry_after += 1
        return answer.status == 200


def percentile(seconds: Sequence[float], share: float) -> float:
    """Give the smallest value that at least `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(seconds)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
