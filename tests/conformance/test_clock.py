"""A clock that was set back, and one that was not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conformance.harness.faults import ALWAYS, Fault
from tests.conformance.harness.records import CALLBACKS
from tests.conformance.statuses import PENDING, SUCCESS

if TYPE_CHECKING:
    from tests.conformance.harness.shop import Purchase, Shop
    from tests.conformance.harness.world import World


@pytest.fixture
def workerless(world: World) -> Shop:
    """A shop whose callbacks wait for `work --once`."""
    return world.once("workerless", lambda: world.keep(world.open_shop(KRYPTOGO_WORKER="off")))


def _lease(shop: Shop, bought: Purchase) -> None:
    """As if a worker had claimed the callback when it came, with a lease that ends at once."""
    came = shop.records.callbacks(bought.intent)[SUCCESS]["last_received_at"]
    lease = {"lease_token": "of another worker", "lease_until": came}
    shop.database.update(CALLBACKS, lease, payment_intent_id=bought.intent)


def _waiting_for_a_second_try(shop: Shop) -> Purchase:
    bought = shop.buy()
    shop.faults.order(bought.intent, apply=Fault(fail=ALWAYS))
    shop.deliver(bought.intent, SUCCESS)
    assert shop.ops("work", "--once").code == 0
    assert shop.records.callbacks(bought.intent)[SUCCESS]["attempts"] > 0
    shop.faults.lift(bought.intent)
    return bought


def test_what_waits_longer_than_the_schedule_can_say_is_taken_up(workerless: Shop) -> None:
    """A clock that was set back leaves the next attempt far ahead; no delivery comes to help."""
    shop = workerless
    retried, new, leased = _waiting_for_a_second_try(shop), shop.buy(), shop.buy()
    for one in (new, leased):
        shop.deliver(one.intent, SUCCESS)
    _lease(shop, leased)
    for one in (retried, new, leased):
        shop.records.set_clock_back(one.intent, 3600)
    assert shop.ops("work", "--once").code == 0
    for one in (retried, new, leased):
        assert shop.records.status(one.intent) == SUCCESS, shop.describe(one.intent)
        assert shop.records.effect_statuses(one.intent) == [SUCCESS]


def test_what_waits_as_the_schedule_says_goes_on_waiting(workerless: Shop) -> None:
    """Neither the wait after an eighth failure nor a lease that is held is cut short."""
    shop = workerless
    bought, leased = _waiting_for_a_second_try(shop), shop.buy()
    shop.deliver(leased.intent, SUCCESS)
    shop.database.update(CALLBACKS, {"attempts": 8}, payment_intent_id=bought.intent)
    _lease(shop, leased)
    shop.database.shift(
        CALLBACKS, 3 * 3600 - 60, "next_attempt_at", payment_intent_id=bought.intent
    )
    shop.database.shift(CALLBACKS, 110, "lease_until", payment_intent_id=leased.intent)
    assert shop.ops("work", "--once").code == 0
    for one in (bought, leased):
        assert shop.records.status(one.intent) == PENDING, shop.describe(one.intent)
