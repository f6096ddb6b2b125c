"""Callbacks about intents that are not registered: yet, or ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from tests.conformance.harness.http import Sender
from tests.conformance.harness.records import CALLBACKS
from tests.conformance.harness.shop import Purchase
from tests.conformance.harness.waiting import until
from tests.conformance.patience import register
from tests.conformance.statuses import EXPIRED, SUCCESS

if TYPE_CHECKING:
    from tests.conformance.harness.shop import Shop
    from tests.conformance.harness.world import World

UNREGISTERED = "unregistered"
MOST_INTENTS = 1000
SENDERS = 8


def _unregistered(shop: Shop) -> Purchase:
    """An order, and an intent that KryptoGO knows and the shop does not."""
    order = shop.order()
    intent = shop.simulator.create_intent(order_data={"order_id": order})
    return Purchase(order, intent["payment_intent_id"])


def test_callbacks_seconds_before_the_registration_are_applied_then(shop: Shop) -> None:
    bought = _unregistered(shop)
    shop.deliver(bought.intent, EXPIRED)
    shop.deliver(bought.intent, SUCCESS)
    for status in (EXPIRED, SUCCESS):
        assert shop.records.state(bought.intent, status) == UNREGISTERED
    register(shop, bought)
    shop.records.await_status(bought.intent, SUCCESS)
    for status in (EXPIRED, SUCCESS):
        assert shop.records.await_closed(bought.intent, status)["state"] == "done"
    assert shop.records.effect_statuses(bought.intent) == [SUCCESS]
    assert shop.order_page(bought.order)["status"] == "paid"


def test_a_callback_before_its_registration_is_not_asked_about(shop: Shop) -> None:
    before = len(shop.simulator.requests())
    bought = _unregistered(shop)
    shop.deliver(bought.intent, SUCCESS)
    asked = [call for call in shop.simulator.requests(before) if bought.intent in call["path"]]
    assert asked == []


def test_a_flood_of_unknown_intents_is_kept_to_a_thousand_for_seven_days(world: World) -> None:
    with world.open_shop() as shop:
        bought = shop.buy()
        _flood(shop, MOST_INTENTS + 60)
        kept = shop.database.count(CALLBACKS, state=UNREGISTERED)
        assert MOST_INTENTS - SENDERS <= kept <= MOST_INTENTS
        shop.deliver(bought.intent, SUCCESS)
        shop.records.await_status(bought.intent, SUCCESS)
        times = ("first_received_at", "last_received_at")
        shop.database.shift(CALLBACKS, -7 * 86400 - 60, *times, state=UNREGISTERED)
        shop.webs[0].stop()
        shop.restart_web(shop.webs[0])
        until(
            lambda: shop.database.count(CALLBACKS, state=UNREGISTERED) == 0,
            40,
            why=lambda: f"{shop.database.count(CALLBACKS, state=UNREGISTERED)} are left",
        )


def _flood(shop: Shop, intents: int) -> None:
    def send(part: int) -> None:
        with Sender(shop.callback_url()) as sender:
            for number in range(part, intents, SENDERS):
                document = {"payment_intent_id": f"flood-{number}", "status": SUCCESS}
                assert sender.post(document).status == 200

    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(send, range(SENDERS)))
