"""When callbacks come: retries, delays, losses, order."""

from __future__ import annotations

import time
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.simulator.receiver import new_intent, running_receiver

if TYPE_CHECKING:
    from kgscaffold.simulator.client import SimulatorClient
    from tests.simulator.receiver import Receiver


def test_failed_deliveries_are_retried_until_200(
    simulator: SimulatorClient, receiver: Receiver
) -> None:
    simulator.set_switches(retries=5, retry_delay=0.05)
    receiver.answers = [500, 404, 201]
    simulator.set_status(new_intent(simulator, receiver), "success")
    simulator.drain()
    attempts = [(each["attempt"], each["http_status"]) for each in simulator.deliveries()]
    assert attempts == [(1, 500), (2, 404), (3, 201), (4, 200)]
    assert receiver.bodies == [receiver.bodies[0]] * 4
    times = [one.at for one in receiver.received]
    assert all(later - earlier >= 0.05 for earlier, later in pairwise(times))


def test_retries_end_and_unreachable_shops_are_recorded(
    simulator: SimulatorClient, receiver: Receiver
) -> None:
    simulator.set_switches(retries=2, retry_delay=0)
    receiver.answers = [500] * 10
    simulator.set_status(new_intent(simulator, receiver), "success")
    nowhere = simulator.create_intent(callback_url="http://127.0.0.1:1/cb")["payment_intent_id"]
    simulator.set_status(nowhere, "success")
    simulator.drain()
    assert len(receiver.received) == 3
    errors = [each for each in simulator.deliveries() if each["payment_intent_id"] == nowhere]
    assert len(errors) == 3
    assert all(each["http_status"] is None for each in errors)
    assert all("ConnectError" in each["error"] for each in errors)


def test_a_shop_that_does_not_answer_costs_the_timeout(
    simulator: SimulatorClient, receiver: Receiver
) -> None:
    simulator.set_switches(timeout=0.2)
    receiver.pause = 0.8
    simulator.set_status(new_intent(simulator, receiver), "success")
    simulator.drain()
    [attempt] = simulator.deliveries()
    assert "ReadTimeout" in attempt["error"]
    assert 0.2 <= attempt["seconds"] < 0.8


def test_delay_and_jitter_postpone_deliveries(
    simulator: SimulatorClient, receiver: Receiver
) -> None:
    simulator.set_switches(delay=0.3, jitter=0.4)
    identity = new_intent(simulator, receiver)
    begun = time.monotonic()
    simulator.deliver(identity, "success", 20)
    simulator.drain()
    waits = sorted(one.at - begun for one in receiver.received)
    assert len(waits) == 20
    assert waits[0] >= 0.3
    assert waits[-1] - waits[0] > 0.15


def test_loss_loses_a_part_and_says_which(simulator: SimulatorClient, receiver: Receiver) -> None:
    simulator.set_switches(loss=0.5)
    identity = new_intent(simulator, receiver)
    kept = simulator.deliver(identity, "success", 200)
    simulator.drain()
    assert 60 < kept < 140
    assert len(receiver.received) == kept
    assert Counter(each["error"] for each in simulator.deliveries()) == {
        None: kept,
        "lost": 200 - kept,
    }


def test_held_callbacks_wait_for_the_release(
    simulator: SimulatorClient, receiver: Receiver
) -> None:
    simulator.set_switches(hold=True)
    simulator.deliver(new_intent(simulator, receiver), "success", 3)
    time.sleep(0.2)
    assert receiver.received == []
    simulator.release()
    deadline = time.monotonic() + 5
    while len(receiver.received) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(receiver.received) == 3


def test_without_reorder_one_sender_keeps_the_order(
    simulator: SimulatorClient, receiver: Receiver
) -> None:
    simulator.set_switches(senders=1)
    identity = new_intent(simulator, receiver)
    claims = [f"s{number}" for number in range(50)]
    for claim in claims:
        simulator.deliver(identity, claim)
    simulator.drain()
    assert receiver.statuses == claims


def test_reorder_shuffles_what_comes_due_together(
    simulator: SimulatorClient, receiver: Receiver
) -> None:
    simulator.set_switches(senders=1, reorder=True, reorder_window=0.1)
    identity = new_intent(simulator, receiver)
    claims = [f"s{number}" for number in range(50)]
    simulator.deliver_many([{"payment_intent_id": identity, "status": claim} for claim in claims])
    deadline = time.monotonic() + 5
    while len(receiver.received) < 50 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert receiver.statuses != claims
    assert sorted(receiver.statuses) == sorted(claims)


def test_targets_share_the_deliveries(simulator: SimulatorClient, receiver: Receiver) -> None:
    with running_receiver() as second:
        simulator.set_switches(targets=[receiver.url, second.url])
        intent = simulator.create_intent(callback_url="https://shop.example/cb?token=t0k")
        simulator.deliver(intent["payment_intent_id"], "success", 10)
        simulator.drain()
        assert [len(receiver.received), len(second.received)] == [5, 5]
        assert receiver.received[0].path == "/cb?token=t0k"
