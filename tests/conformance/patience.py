"""What takes minutes of real time: begun at the start of the run, asserted at its end."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from kgscaffold.verify.statuses import PENDING, STATUSES, SUCCESS
from tests.conformance.harness.faults import Fault
from tests.conformance.harness.records import CALLBACKS
from tests.conformance.harness.shop import Purchase, Shop
from tests.conformance.harness.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.harness.world import World

LEASE_SECONDS = 120
LAG_SECONDS = 182
"""The sum of the retries' distances: 2, 5, 10, 30, 60 and 75 s."""


class Patience:
    """The cases, running on shops of their own."""

    def __init__(self, world: World) -> None:
        self.began = time.monotonic()
        self._threads: list[threading.Thread] = []
        self._failures: list[BaseException] = []
        self.shop = world.keep(world.open_shop())
        self.interrupted_shop = world.keep(world.open_shop())
        self.forged = {claim: self._forged(claim) for claim in STATUSES if claim != PENDING}
        self.early = self._early()
        self.missed = self._missed()
        self.killed = self._killed_in_apply()
        self.endless = self._endless_apply()

    def await_background(self) -> None:
        """Return when all that was planned for later has happened; raises what went wrong."""
        for thread in self._threads:
            thread.join(300)
        if self._failures:
            raise self._failures[0]

    def _forged(self, claim: str) -> Purchase:
        """KryptoGO says pending, for ever; the callback says otherwise."""
        bought = self.shop.buy()
        assert self.shop.claim(bought.intent, claim).status == 200
        return bought

    def _early(self) -> Purchase:
        """A callback whose intent is registered a minute later."""
        order = self.shop.order()
        intent = self.shop.simulator.create_intent(order_data={"order_id": order})
        bought = Purchase(order, intent["payment_intent_id"])
        self.shop.deliver(bought.intent, SUCCESS)
        self._later(60, lambda: register(self.shop, bought))
        return bought

    def _missed(self) -> Purchase:
        """A callback and its registration that did not see each other, by milliseconds."""
        bought = self.shop.buy()
        assert self.shop.claim(bought.intent, PENDING).status == 200
        self.shop.records.await_closed(bought.intent, PENDING)
        self.shop.set_truth(bought.intent, SUCCESS)
        as_stored = {"state": "unregistered", "outcome": None, "applied_status": None}
        self.shop.database.update(CALLBACKS, as_stored, payment_intent_id=bought.intent)
        self.missed_at = time.monotonic()
        return bought

    def _killed_in_apply(self) -> Purchase:
        """The process is killed in the middle of an apply; its lease must run out."""
        shop = self.interrupted_shop
        bought = shop.buy()
        shop.faults.order(bought.intent, apply=Fault(sleep=25))
        shop.deliver(bought.intent, SUCCESS)
        until(lambda: shop.faults.attempts(bought.intent) == 1, why="apply has begun")
        shop.webs[0].kill()
        shop.faults.order(bought.intent)
        shop.restart_web(shop.webs[0])
        return bought

    def _endless_apply(self) -> Purchase:
        """An apply that would sleep for 45 s; from the second call on it does not."""
        shop = self.interrupted_shop
        bought = shop.buy()
        shop.faults.order(bought.intent, apply=Fault(sleep=45))
        shop.deliver(bought.intent, SUCCESS)
        until(lambda: shop.faults.attempts(bought.intent) == 1, why="apply has begun")
        self._later(2, lambda: shop.faults.order(bought.intent))
        return bought

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        def act() -> None:
            time.sleep(seconds)
            try:
                action()
            except BaseException as error:
                self._failures.append(error)
                raise

        thread = threading.Thread(target=act, daemon=True)
        thread.start()
        self._threads.append(thread)


def register(shop: Shop, bought: Purchase, amount: str = "300.0", currency: str = "TWD") -> None:
    """Register the intent with the ops command, as a shop that made it elsewhere would."""
    ran = shop.ops(
        "register",
        *("--intent", bought.intent, "--order", bought.order),
        *("--amount", amount, "--currency", currency, "--json"),
    )
    assert ran.code == 0, ran
