"""One reader for many rules: what they ask for at the same time is read by one process."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from kgscaffold.verify.shown import Shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from kgscaffold.verify.process import Ran

_GATHERING = 0.1
"""Seconds in which further questions join the next read."""
_PAUSE, _LONGER, _LONGEST = 1.0, 1.5, 5.0
"""Seconds between a look and the next one at what is not there yet, and how they grow."""
_MOST = 400
"""Ids in one command."""


class Reader:
    """Reads with the project's own `show`."""

    def __init__(self, ops: Callable[..., Ran]) -> None:
        self._ops = ops
        self._wanted: dict[str, list[asyncio.Future[Shown | None]]] = {}
        self._task: asyncio.Task[None] | None = None

    async def read(self, intents: Iterable[str]) -> dict[str, Shown]:
        """Give what is recorded of the intents, without those of which nothing is known."""
        names = list(dict.fromkeys(intents))
        futures = {name: asyncio.get_running_loop().create_future() for name in names}
        for name, future in futures.items():
            self._wanted.setdefault(name, []).append(future)
        if names and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._answer_all())
        read = {name: await future for name, future in futures.items()}
        return {name: shown for name, shown in read.items() if shown is not None}

    async def settled(
        self, wanted: Mapping[str, Callable[[Shown], bool]], within: float = 150
    ) -> dict[str, Shown]:
        """Read until each is as it is wanted, or the time is over; gives all as they then were."""
        deadline = time.monotonic() + within
        found: dict[str, Shown] = {}
        waiting, pause = dict(wanted), _PAUSE
        while waiting:
            late = time.monotonic() > deadline
            found |= await self.read(waiting)
            waiting = {
                name: test
                for name, test in waiting.items()
                if name not in found or not test(found[name])
            }
            if late:
                break
            if waiting:
                await asyncio.sleep(pause)
                pause = min(pause * _LONGER, _LONGEST)
        return found

    async def _answer_all(self) -> None:
        while self._wanted:
            await asyncio.sleep(_GATHERING)
            names = list(self._wanted)[:_MOST]
            asked = {name: self._wanted.pop(name) for name in names}
            began = time.monotonic()
            try:
                answers = await asyncio.to_thread(self._show, names)
            except Exception as error:
                for future in _open(asked):
                    future.set_exception(error)
                continue
            for name, futures in asked.items():
                for future in futures:
                    if not future.done():
                        future.set_result(answers.get(name))
            if self._wanted:  # a third of a processor is enough for looking
                await asyncio.sleep(2 * (time.monotonic() - began))

    def _show(self, names: list[str]) -> dict[str, Shown]:
        """Read them in one command; one that is not known is named, and left out."""
        left = list(names)
        while left:
            ran = self._ops("show", *left, "--json")
            if ran.code == 0:
                data = ran.data if len(left) > 1 else [ran.data]
                return dict(zip(left, map(Shown.of, data), strict=True))
            told = ran.data.get("error", "") if ran.out else ""
            unknown = [name for name in left if told.endswith(name)]
            if not unknown:
                raise RuntimeError(f"show gave {ran.code}: {ran.told[-2000:]}")
            left.remove(unknown[0])
        return {}


def _open(
    asked: dict[str, list[asyncio.Future[Shown | None]]],
) -> list[asyncio.Future[Shown | None]]:
    return [future for futures in asked.values() for future in futures if not future.done()]
