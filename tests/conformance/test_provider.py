"""KryptoGO's API down, slow, lagging, or answering nonsense: an outage is never a rejection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kgscaffold.verify.statuses import PENDING, SUCCESS
from tests.conformance.harness.shop import Purchase
from tests.conformance.harness.waiting import until
from tests.conformance.patience import register

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.harness.shop import Shop
    from tests.conformance.harness.world import World

BOMB_MEGABYTES = 100
LONGEST_WAIT = 6 * 3600 + 60
OUTAGES: dict[str, dict[str, object]] = {
    "down": {"mode": "down"},
    "error 500": {"mode": "error", "error_status": 500},
    "error 429": {"mode": "error", "error_status": 429},
    "hang": {"mode": "hang"},
    "slower than five seconds": {"mode": "slow", "latency": 8},
    "no JSON": {"mode": "malformed"},
    "redirect": {"mode": "redirect"},
    "endless answer": {"mode": "huge"},
    "answer that unpacks to 256 MiB": {"mode": "bomb"},
}


@pytest.fixture
def own(world: World) -> Iterator[Shop]:
    """A shop whose KryptoGO may be broken."""
    shop: Shop = world.once("provider", lambda: world.keep(world.open_shop()))
    yield shop
    shop.simulator.set_provider(mode="up", lag=0, refusal_status=None)


@pytest.mark.parametrize("name", OUTAGES)
def test_an_outage_is_waited_out(own: Shop, name: str) -> None:
    bought = own.buy()
    own.set_truth(bought.intent, SUCCESS)
    own.simulator.set_provider(**OUTAGES[name])
    answer = own.claim(bought.intent, SUCCESS)
    assert (answer.status, answer.json) == (200, {"received": True})
    until(
        lambda: own.records.callbacks(bought.intent)[SUCCESS]["last_error"],
        why=lambda: own.describe(bought.intent),
    )
    assert own.records.state(bought.intent, SUCCESS) == "pending"
    assert own.records.status(bought.intent) == PENDING
    own.simulator.set_provider(mode="up")
    own.records.await_status(bought.intent, SUCCESS)
    assert own.order_page(bought.order)["status"] == "paid"
    assert own.records.effect_statuses(bought.intent) == [SUCCESS]


@pytest.mark.parametrize("layers", [1, 2])
def test_an_answer_that_unpacks_to_256_mebibytes_takes_no_memory(own: Shop, layers: int) -> None:
    bought = own.buy()
    own.set_truth(bought.intent, SUCCESS)
    own.simulator.set_provider(mode="bomb", layers=layers)
    before = most = own.webs[0].resident_megabytes()
    assert own.claim(bought.intent, SUCCESS).status == 200

    def refused() -> bool:
        nonlocal most
        most = max(most, own.webs[0].resident_megabytes())
        told = own.records.callbacks(bought.intent)[SUCCESS]["last_error"] or "Timeout"
        return "Timeout" not in told

    until(refused, every=0.01, why=lambda: own.describe(bought.intent))
    assert most - before < BOMB_MEGABYTES
    assert "gzip" in own.records.callbacks(bought.intent)[SUCCESS]["last_error"]
    assert own.records.state(bought.intent, SUCCESS) == "pending"


def test_no_compression_is_asked_for(own: Shop) -> None:
    bought = own.buy()
    own.deliver(bought.intent, SUCCESS)
    own.records.await_status(bought.intent, SUCCESS)
    asked = [one for one in own.simulator.requests() if bought.intent in one["path"]]
    assert {one["accept_encoding"] for one in asked} == {"identity"}


def test_the_answer_is_awaited_for_five_seconds_at_most(own: Shop) -> None:
    bought = own.buy()
    own.simulator.set_provider(mode="hang")
    own.deliver(bought.intent, SUCCESS)
    callback = until(
        lambda: own.records.callbacks(bought.intent)[SUCCESS],
        why="is stored",
    )
    assert not callback["last_error"]
    until(
        lambda: own.records.callbacks(bought.intent)[SUCCESS]["last_error"],
        within=8,
        why=lambda: own.describe(bought.intent),
    )


def test_a_slow_api_is_slow_and_nothing_else(own: Shop) -> None:
    own.simulator.set_provider(mode="slow", latency=2)
    bought = [own.buy() for _ in range(5)]
    for one in bought:
        own.deliver(one.intent, SUCCESS)
    for one in bought:
        own.records.await_status(one.intent, SUCCESS)
        assert own.records.effect_statuses(one.intent) == [SUCCESS]


def test_a_lagging_api_is_asked_until_it_knows(own: Shop) -> None:
    own.simulator.set_provider(lag=4)
    bought = own.buy()
    own.deliver(bought.intent, SUCCESS)
    own.records.await_status(bought.intent, SUCCESS)
    assert own.order_page(bought.order)["status"] == "paid"


def test_an_outage_of_half_a_day_ends_in_dead_and_never_in_rejected(own: Shop) -> None:
    bought = own.buy()
    own.simulator.set_provider(mode="down")
    own.deliver(bought.intent, SUCCESS)
    callback = own.records.pass_waits(bought.intent, SUCCESS, LONGEST_WAIT)
    assert callback["state"] == "dead", own.describe(bought.intent)
    assert "dead" in own.records.outcomes(bought.intent)
    lines = [line for line in own.log_text().splitlines() if bought.intent in line]
    assert any("error" in line.lower() for line in lines), lines
    own.simulator.set_provider(mode="up")
    assert own.claim(bought.intent, SUCCESS).status == 200
    own.records.await_status(bought.intent, SUCCESS)
    assert own.records.effect_statuses(bought.intent) == [SUCCESS]


@pytest.mark.parametrize("http_status", [None, 200, 404, 500])
def test_an_intent_that_kryptogo_does_not_know_is_rejected_at_once(
    own: Shop, http_status: int | None
) -> None:
    own.simulator.set_provider(refusal_status=http_status)
    order = own.order()
    bought = Purchase(order, f"forgotten-{http_status}")
    register(own, bought)
    assert own.claim(bought.intent, SUCCESS).status == 200
    callback = own.records.await_closed(bought.intent, SUCCESS, within=10)
    assert callback["state"] == "rejected", own.describe(bought.intent)
    assert own.records.status(bought.intent) == PENDING
    own.records.age_lease(bought.intent, SUCCESS)
    own.simulator.create_intent(
        order_data={"order_id": order}, payment_intent_id=bought.intent, status=SUCCESS
    )
    assert own.claim(bought.intent, SUCCESS).status == 200
    own.records.await_status(bought.intent, SUCCESS)
    assert own.order_page(order)["status"] == "paid"


@pytest.mark.parametrize("http_status", [None, 200])
def test_credentials_that_kryptogo_refuses_are_an_outage(
    world: World, http_status: int | None
) -> None:
    with world.open_shop() as shop:
        bought = shop.buy()
        shop.webs[0].stop()
        shop.restart_web(shop.webs[0], KRYPTOGO_STUDIO_API_KEY="revoked")
        shop.simulator.set_provider(refusal_status=http_status)
        shop.deliver(bought.intent, SUCCESS)
        until(
            lambda: shop.records.callbacks(bought.intent)[SUCCESS]["last_error"],
            why=lambda: shop.describe(bought.intent),
        )
        assert shop.records.state(bought.intent, SUCCESS) == "pending"
        assert "revoked" not in shop.log_text()
