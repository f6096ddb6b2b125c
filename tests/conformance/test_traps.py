"""Traps measured beforehand, each sprung on purpose; `mutations.py` takes the remedies away."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from kgscaffold.verify.statuses import PENDING, STATUSES, SUCCESS
from tests.conformance.harness.faults import Fault
from tests.conformance.harness.http import post, send
from tests.conformance.harness.shop import ROUTE
from tests.conformance.harness.waiting import until

if TYPE_CHECKING:
    from tests.conformance.harness.http import Answer
    from tests.conformance.harness.shop import Shop
    from tests.conformance.harness.world import World

WRITERS = 16
SPELLINGS = {
    "plain": "{route}?token={token}",
    "second": "{route}?a=1&token={token}&b=2",
    "percent": "{route}?%74oken={token}",
    "percent, upper case": "{route}?t%6Fken%3D{token}",
    "percent, doubled": "{route}?%2574%256Fken%253D{token}",
    "capital": "{route}?Token={token}",
    "percent, capital": "{route}?%54oken={token}",
    "semicolon": "{route};token={token}",
    "semicolon, percent": "{route}%3Btoken%3D{token}",
    "semicolon in the query": "{route}?a=1;token={token}",
    "misspelt path": "/api/payment/calback?token={token}",
    "another path": "/healthz?x=1&%74oken={token}",
    "no query": "{route}/token={token}",
}
"""Ways in which the token may reach the log: KryptoGO's console takes any URL that one types."""


def test_two_successes_of_one_order_at_the_same_moment_pay_it_once(world: World) -> None:
    """A decision on what was read before the lock was held would pay it twice."""
    with world.open_shop() as shop:
        webs = [shop.webs[0], shop.start_web()]  # on SQLite the writers of one stand in line
        for _ in range(4):
            order = shop.order()
            twins = [shop.checkout(order), shop.checkout(order)]
            for intent in twins:
                shop.set_truth(intent, SUCCESS)
                shop.faults.order(intent, apply=Fault(sleep=0.5))
            claims = [{"payment_intent_id": intent, "status": SUCCESS} for intent in twins]
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(post, map(shop.callback_url, webs), claims))
            for intent in twins:
                shop.records.await_closed(intent, SUCCESS)
            statuses = sorted(shop.records.status(intent) for intent in twins)
            assert statuses == [PENDING, SUCCESS]
            effects = [status for i in twins for status in shop.records.effect_statuses(i)]
            assert effects == [SUCCESS]


def test_a_reader_that_takes_its_time_holds_up_no_acknowledgement(world: World) -> None:
    """A backup or a report reads the tables in one long transaction."""
    with world.open_shop() as shop:
        bought = shop.buy()
        shop.set_truth(bought.intent, SUCCESS)
        with shop.database.reading("kryptogo_callbacks"):
            answer = shop.claim(bought.intent, SUCCESS)
            assert answer.status == 200, answer
            assert answer.seconds < 2
            shop.records.await_status(bought.intent, SUCCESS)
        assert shop.order_page(bought.order)["status"] == "paid"


def test_a_writer_of_a_second_is_waited_for(world: World) -> None:
    """The user's own transactions write, too; a delivery is not put off for every one of them."""
    with world.open_shop() as shop:
        bought = shop.buy()
        with ThreadPoolExecutor(1) as pool:
            with shop.database.lock(5):
                answer = pool.submit(shop.claim, bought.intent, SUCCESS)
                with pytest.raises(TimeoutError):
                    answer.result(timeout=1)
            assert answer.result(timeout=10).status == 200


def test_sixteen_deliveries_wait_for_a_writer_side_by_side(world: World) -> None:
    """A pool of fewer connections than deliveries under way would put some of them off."""
    with world.open_shop() as shop:
        bought = [shop.buy() for _ in range(WRITERS)]
        with ThreadPoolExecutor(WRITERS) as pool:
            with shop.database.lock(5):
                flood = [pool.submit(shop.claim, one.intent, PENDING) for one in bought]
                with pytest.raises(TimeoutError):
                    flood[0].result(timeout=3)
            answers: list[Answer] = [one.result(timeout=20) for one in flood]
        assert [answer.status for answer in answers] == [200] * WRITERS


def test_the_first_delivery_about_a_payment_under_lock_does_not_wait(world: World) -> None:
    """Storing a callback must neither lock nor check its payment."""
    if world.stack.one_writer:
        return
    with world.open_shop() as shop:
        bought = shop.buy()
        shop.faults.order(bought.intent, apply=Fault(sleep=3))
        shop.deliver(bought.intent, SUCCESS)
        until(lambda: shop.faults.attempts(bought.intent) == 1, every=0.01, why="apply has begun")
        for status in (*STATUSES, "refunded"):
            answer = shop.claim(bought.intent, status)
            assert answer.status == 200
            assert answer.seconds < 1
        shop.records.await_status(bought.intent, SUCCESS)
        assert shop.records.effect_statuses(bought.intent) == [SUCCESS]


def test_the_token_is_in_no_log_however_it_is_written(shop: Shop) -> None:
    for number, target in enumerate(SPELLINGS.values()):
        path = target.format(route=ROUTE, token=f"s3cret{number}%2641{number}z")
        send(shop.webs[0].url + path, b"{}")
    log = shop.log_text()
    shown = [name for number, name in enumerate(SPELLINGS) if f"s3cret{number}" in log]
    assert not shown, log
    assert not [number for number in range(len(SPELLINGS)) if f"41{number}z" in log], log
    assert "a=1&token=***&b=2" in log


def test_handlers_that_need_a_second_connection_do_not_starve_one_another(world: World) -> None:
    """All connections held by workers that wait for the one whose handler waits for another."""
    with world.open_shop() as shop:
        bought = [shop.buy() for _ in range(WRITERS)]
        shop.faults.order(apply=Fault(looks_up=True, sleep=0.05))
        for one in bought:
            shop.set_truth(one.intent, SUCCESS)
        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(lambda one: _deliver_until_accepted(shop, one.intent), bought))
        for one in bought:
            assert shop.records.await_closed(one.intent, SUCCESS, within=60)["state"] == "done"
            assert shop.order_page(one.order)["status"] == "paid"
            assert shop.records.effect_statuses(one.intent) == [SUCCESS]


def _deliver_until_accepted(shop: Shop, intent: str) -> None:
    until(lambda: shop.claim(intent, SUCCESS).status == 200, within=60, why="it is accepted")
