"""Sends callbacks: many at a time, late, twice, shuffled or never, as the switches say."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import httpx

from kgscaffold.simulator.clients import Clients
from kgscaffold.simulator.signing import sign

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kgscaffold.simulator.entropy import Entropy
    from kgscaffold.simulator.intents import JsonObject
    from kgscaffold.simulator.settings import Switches


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback to be sent: where to, about what, and its body before time and signature."""

    payment_intent_id: str
    claimed_status: str | None
    url: str
    payload: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One copy of a callback; `serial` counts the copies of this claim about this intent."""

    callback: Callback
    serial: int
    attempt: int = 1

    @property
    def labels(self) -> tuple[object, ...]:
        """Give what makes this copy's random values its own."""
        return (self.callback.payment_intent_id, self.callback.claimed_status, self.serial)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one attempt to deliver; `at` is unix seconds, `error` the reason of none."""

    payment_intent_id: str
    claimed_status: str | None
    serial: int
    attempt: int
    url: str
    at: float
    seconds: float
    http_status: int | None
    error: str | None

    def wire(self) -> JsonObject:
        """Give the attempt as a JSON object."""
        return asdict(self)


class Courier:
    """The outgoing side; everything runs in the event loop of the caller."""

    def __init__(self, entropy: Entropy, switches: Callable[[], Switches]) -> None:
        self.attempts: list[Attempt] = []
        self._entropy = entropy
        self._switches = switches
        self._clients = Clients()
        self._serials: Counter[tuple[str, str | None]] = Counter()
        self._held: list[Delivery] = []
        self._ready: deque[Delivery] = deque()
        self._timers: set[asyncio.TimerHandle] = set()
        self._sending: set[asyncio.Task[None]] = set()
        self._releasing: asyncio.TimerHandle | None = None
        self._turn = 0
        self._outstanding = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def outstanding(self) -> int:
        """Give the number of deliveries that are neither finished nor given up."""
        return self._outstanding

    def schedule(self, callback: Callback, copies: int = 1) -> int:
        """Send `copies` of the callback as the switches say; give how many were not lost."""
        switches = self._switches()
        kept = 0
        for _ in range(copies):
            claim = (callback.payment_intent_id, callback.claimed_status)
            delivery = Delivery(callback, self._serials[claim])
            self._serials[claim] += 1
            if self._entropy.unit("loss", *delivery.labels) < switches.loss:
                self._record(delivery, callback.url, time.time(), 0, None, "lost")
                continue
            kept += 1
            self._begin(delivery, switches)
        return kept

    def release(self) -> None:
        """Let the deliveries go that are held back, shuffled if the switch says so."""
        if self._releasing is not None:
            self._releasing.cancel()
            self._releasing = None
        switches, held = self._switches(), self._held
        self._held = []
        if switches.reorder:
            held.sort(key=lambda delivery: self._entropy.unit("order", *delivery.labels))
        for delivery in held:
            jitter = switches.jitter * self._entropy.unit("jitter", *delivery.labels)
            self._after(switches.delay + jitter, delivery)

    async def drained(self) -> None:
        """Release what is held, and return when nothing is outstanding."""
        self.release()
        await self._idle.wait()

    def clear(self) -> None:
        """Give up everything outstanding and forget everything sent."""
        for timer in self._timers:
            timer.cancel()
        for task in self._sending:
            task.cancel()
        if self._releasing is not None:
            self._releasing.cancel()
            self._releasing = None
        self._timers.clear()
        self._held.clear()
        self._ready.clear()
        self._serials.clear()
        self.attempts.clear()
        self._turn = self._outstanding = 0
        self._idle.set()

    async def aclose(self) -> None:
        """Give up everything outstanding and close the connections."""
        self.clear()
        await asyncio.gather(*self._sending, return_exceptions=True)
        await self._clients.aclose()

    def _begin(self, delivery: Delivery, switches: Switches) -> None:
        self._outstanding += 1
        self._idle.clear()
        self._held.append(delivery)
        if switches.hold:
            return
        if not switches.reorder:
            self.release()
        elif self._releasing is None:
            loop = asyncio.get_running_loop()
            self._releasing = loop.call_later(switches.reorder_window, self.release)

    def _after(self, seconds: float, delivery: Delivery) -> None:
        def due() -> None:
            self._timers.discard(timer)
            self._ready.append(delivery)
            self._pump()

        if seconds <= 0:
            self._ready.append(delivery)
            self._pump()
            return
        timer = asyncio.get_running_loop().call_later(seconds, due)
        self._timers.add(timer)

    def _pump(self) -> None:
        senders = self._switches().senders
        while self._ready and len(self._sending) < senders:
            task = asyncio.create_task(self._send(self._ready.popleft()))
            self._sending.add(task)
            task.add_done_callback(self._sent)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        self._pump()

    async def _send(self, delivery: Delivery) -> None:
        switches = self._switches()
        url = self._address(delivery.callback.url, switches)
        started, at = time.perf_counter(), time.time()
        http_status, error = None, None
        try:
            body = _body(delivery.callback.payload, switches)
            http_status = await self._clients.post(url, body, switches.timeout)
        except Exception as failure:  # whatever it is, the delivery must not stay outstanding
            error = f"{type(failure).__name__}: {failure}".rstrip(": ")
        self._record(delivery, url, at, time.perf_counter() - started, http_status, error)
        if http_status != httpx.codes.OK and delivery.attempt <= switches.retries:
            again = replace(delivery, attempt=delivery.attempt + 1)
            self._after(switches.retry_delay, again)
            return
        self._outstanding -= 1
        if not self._outstanding:
            self._idle.set()

    def _address(self, url: str, switches: Switches) -> str:
        if not switches.targets:
            return url
        target = httpx.URL(switches.targets[self._turn % len(switches.targets)])
        self._turn += 1
        moved = httpx.URL(url).copy_with(scheme=target.scheme, host=target.host, port=target.port)
        return str(moved)

    def _record(
        self,
        delivery: Delivery,
        url: str,
        at: float,
        seconds: float,
        http_status: int | None,
        error: str | None,
    ) -> None:
        callback = delivery.callback
        self.attempts.append(
            Attempt(
                payment_intent_id=callback.payment_intent_id,
                claimed_status=callback.claimed_status,
                serial=delivery.serial,
                attempt=delivery.attempt,
                url=url,
                at=at,
                seconds=seconds,
                http_status=http_status,
                error=error,
            )
        )


def _body(payload: Mapping[str, object], switches: Switches) -> bytes:
    stamped = dict(payload)
    if switches.timestamp:
        stamped["timestamp"] = int(time.time()) + switches.timestamp_offset
    if switches.signature_secret is not None:
        stamped["signature"] = sign(stamped, switches.signature_secret)
    return json.dumps(stamped, ensure_ascii=False, separators=(",", ":")).encode()
