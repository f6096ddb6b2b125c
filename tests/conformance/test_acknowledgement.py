"""An acknowledgement makes no network call and waits for no payment's lock."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import TYPE_CHECKING

import pytest

from kgscaffold.verify.statuses import STATUSES, SUCCESS
from tests.conformance.harness.faults import Fault
from tests.conformance.harness.http import Answer, Sender
from tests.conformance.harness.measure import described, percentile
from tests.conformance.harness.waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.harness.shop import Shop
    from tests.conformance.harness.world import World

pytestmark = pytest.mark.first
LIMIT = 0.2
SENDERS = 4
PAUSE = 0.02


def _send_all(shop: Shop, deliveries: list[tuple[str, str]]) -> list[Answer]:
    def send(part: int) -> list[Answer]:
        answers = []
        with Sender(shop.callback_url()) as sender:
            for intent, status in deliveries[part::SENDERS]:
                answers.append(sender.post({"payment_intent_id": intent, "status": status}))
                time.sleep(PAUSE)
        return answers

    with ThreadPoolExecutor(SENDERS) as pool:
        return [answer for part in pool.map(send, range(SENDERS)) for answer in part]


def test_no_call_of_the_api_precedes_the_acknowledgement(world: World) -> None:
    with world.open_shop(KRYPTOGO_WORKER="off") as shop:
        bought = [shop.buy() for _ in range(10)]
        before = len(shop.simulator.requests())
        deliveries = [(one.intent, status) for one, status in product(bought, STATUSES)]
        assert {answer.status for answer in _send_all(shop, deliveries)} == {200}
        time.sleep(1)
        assert shop.simulator.requests(before) == []


def test_acknowledgements_stay_fast_while_the_api_hangs(
    world: World, figure: Callable[[str], None]
) -> None:
    with world.open_shop() as shop:
        bought = [shop.buy() for _ in range(40)]
        shop.simulator.set_provider(mode="hang")
        deliveries = [(one.intent, status) for one, status in product(bought, STATUSES)] * 2
        answers = _send_all(shop, deliveries)
        seconds = [answer.seconds for answer in answers]
        figure(f"API hangs: {described(seconds)}")
        assert {answer.status for answer in answers} == {200}
        assert percentile(seconds, 0.99) < LIMIT
        shop.simulator.set_provider(mode="up")
        for one in bought:
            shop.set_truth(one.intent, SUCCESS)
        until(
            lambda: all(shop.records.status(one.intent) == SUCCESS for one in bought),
            60,
            why="all is settled after the outage",
        )


def test_acknowledgements_stay_fast_while_a_handler_sleeps_in_its_transaction(
    world: World, figure: Callable[[str], None]
) -> None:
    with world.open_shop() as shop:
        slow, other = shop.buy(), shop.buy()
        shop.faults.order(slow.intent, apply=Fault(sleep=3))
        shop.deliver(slow.intent, SUCCESS)
        until(lambda: shop.faults.attempts(slow.intent) == 1, every=0.01, why="apply has begun")
        began = time.monotonic()
        deliveries = [(one.intent, status) for one, status in product((slow, other), STATUSES)]
        answers: list[Answer] = []
        while time.monotonic() - began < 2:
            answers += _send_all(shop, deliveries)
        seconds = [answer.seconds for answer in answers]
        figure(f"a handler sleeps 3 s: {described(seconds)}")
        if world.stack.one_writer:
            _are_accepted_or_put_off(answers)
        else:
            assert {answer.status for answer in answers} == {200}
            assert percentile(seconds, 0.99) < LIMIT
        shop.records.await_status(slow.intent, SUCCESS, within=30)
        assert shop.records.effect_statuses(slow.intent) == [SUCCESS]


def _are_accepted_or_put_off(answers: list[Answer]) -> None:
    for answer in answers:
        assert answer.status in (200, 503), answer
        if answer.status == 503:
            assert "retry-after" in answer.headers, answer
