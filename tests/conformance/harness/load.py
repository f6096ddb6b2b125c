"""Senders that deliver a list of callbacks until each is accepted, whatever happens meanwhile."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from tests.conformance.harness.http import Sender
from tests.conformance.harness.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType

Delivery = tuple[str, str]
_PAUSE = 0.05


@dataclass
class Load:
    """Deliveries on their way: a context manager that waits for the last acknowledgement.

    They may be without end; then `enough` ends them.

    Each is sent to one of `urls()` in turn, again and again until it is answered with 200.
    """

    urls: Callable[[], Sequence[str]]
    deliveries: Iterable[Delivery]
    senders: int = 16
    pause: float = 0
    """Seconds between two deliveries of one sender."""
    seconds: list[float] = field(default_factory=list)
    """How long each acknowledgement took."""
    statuses: Counter[int] = field(default_factory=Counter)
    """How often each HTTP status was answered."""
    broken: int = 0
    """How many requests got no answer."""
    without_retry_after: int = 0
    """How many of the answers 503 did not say when to come again."""

    def __enter__(self) -> Self:
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._waiting = iter(self.deliveries)
        self._threads = [
            threading.Thread(target=self._work, args=(number,), daemon=True)
            for number in range(self.senders)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._stopped.set()
        for thread in self._threads:
            thread.join()

    def enough(self, accepted: int) -> None:
        """Take up no further delivery once so many have been accepted."""
        until(lambda: self.statuses[200] >= accepted, 180, why=lambda: f"{self.statuses}")
        with self._lock:
            self._waiting = iter(())

    def _next(self) -> Delivery | None:
        with self._lock:
            return next(self._waiting, None)

    def _work(self, number: int) -> None:
        connections: dict[str, Sender] = {}
        turn = number
        while not self._stopped.is_set():
            delivery = self._next()
            if delivery is None:
                return
            accepted = False
            while not accepted and not self._stopped.is_set():
                urls = self.urls()
                url = urls[turn % len(urls)]
                turn += 1
                accepted = self._send(connections.setdefault(url, Sender(url)), delivery)
            time.sleep(self.pause)

    def _send(self, sender: Sender, delivery: Delivery) -> bool:
        intent, status = delivery
        try:
            answer = sender.post({"payment_intent_id": intent, "status": status})
        except (OSError, http.client.HTTPException):
            with self._lock:
                self.broken += 1
            time.sleep(_PAUSE)
            return False
        with self._lock:
            self.statuses[answer.status] += 1
            self.seconds.append(answer.seconds)
            if answer.status == 503 and "retry-after" not in answer.headers:
                self.without_retry_after += 1
        if answer.status != 200:
            time.sleep(_PAUSE)
        return answer.status == 200
