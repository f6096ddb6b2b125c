"""Callbacks, as a shop receives them under each switch."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from kgscaffold.simulator.client import REMOVE, SimulatorError
from tests.simulator.receiver import new_intent

if TYPE_CHECKING:
    import httpx

    from kgscaffold.simulator.client import SimulatorClient
    from tests.simulator.receiver import Receiver


def test_a_status_change_calls_back_with_the_flat_intent(
    simulator: SimulatorClient, receiver: Receiver
) -> None:
    identity = new_intent(simulator, receiver, order_data={"order_id": "茶"})
    intent = simulator.set_status(identity, "success")
    simulator.drain()
    assert receiver.bodies == [intent]
    assert receiver.received[0].path == "/kryptogo/callback?token=t0k"
    [attempt] = simulator.deliveries()
    assert attempt["payment_intent_id"] == identity
    assert attempt["claimed_status"] == "success"
    assert (attempt["http_status"], attempt["attempt"], attempt["error"]) == (200, 1, None)
    assert attempt["url"] == receiver.callback_url
    assert 0 < attempt["seconds"] < 5
    assert abs(attempt["at"] - time.time()) < 10


def test_a_real_create_calls_back_too(
    simulator: SimulatorClient, receiver: Receiver, api: httpx.Client
) -> None:
    order = {"fiat_amount": "1", "fiat_currency": "USD", "callback_url": receiver.callback_url}
    created = api.post("/payment/intent", json=order).json()["data"]
    simulator.set_status(created["payment_intent_id"], "expired")
    simulator.drain()
    assert receiver.statuses == ["expired"]


def test_nothing_is_sent_without_url_or_when_told_not_to(
    simulator: SimulatorClient, receiver: Receiver
) -> None:
    silent = new_intent(simulator, receiver)
    simulator.set_status(silent, "success", deliver=False)
    without = simulator.create_intent()["payment_intent_id"]
    simulator.set_status(without, "success")
    with pytest.raises(SimulatorError, match="callback_url"):
        simulator.deliver(without)
    simulator.drain()
    assert simulator.deliveries() == []
    assert receiver.received == []


@pytest.mark.parametrize("sent", [True, False])
def test_pending_is_sent_only_by_switch(
    simulator: SimulatorClient, receiver: Receiver, sent: bool
) -> None:
    simulator.set_switches(send_pending=sent)
    identity = new_intent(simulator, receiver)
    simulator.set_status(identity, "expired")
    simulator.set_status(identity, "pending")
    simulator.drain()
    assert Counter(receiver.statuses) == Counter(["expired"] + ["pending"] * (2 * sent))


def test_the_sample_fields_are_those_of_the_documented_callback(
    simulator: SimulatorClient, receiver: Receiver
) -> None:
    simulator.set_switches(callback_fields="sample")
    identity = new_intent(simulator, receiver, order_data={"order_id": "1"}, group_key="g")
    simulator.set_status(identity, "success")
    simulator.drain()
    assert set(receiver.bodies[0]) == {
        "payment_intent_id",
        "client_id",
        "fiat_amount",
        "fiat_currency",
        "payment_deadline",
        "status",
        "payment_chain_id",
        "symbol",
        "crypto_amount",
        "payment_tx_hash",
        "received_crypto_amount",
        "aggregated_crypto_amount",
        "order_data",
        "callback_url",
        "group_key",
    }


def test_callbacks_use_the_short_names_by_switch(
    simulator: SimulatorClient, receiver: Receiver
) -> None:
    simulator.set_switches(naming="received_amount")
    intent = simulator.set_status(new_intent(simulator, receiver), "success")
    simulator.drain()
    assert receiver.bodies[0]["received_amount"] == intent["received_crypto_amount"]
    assert "received_crypto_amount" not in receiver.bodies[0]


def test_the_signature_covers_the_canonical_payload_and_time(
    simulator: SimulatorClient, receiver: Receiver
) -> None:
    simulator.set_switches(signature_secret="s3cret", timestamp=True, timestamp_offset=-600)
    identity = new_intent(simulator, receiver, order_data={"z": "茶", "a": 1})
    simulator.set_status(identity, "success")
    simulator.drain()
    body = receiver.bodies[0]
    signature = body.pop("signature")
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert signature == hmac.new(b"s3cret", text.encode(), hashlib.sha256).hexdigest()
    assert abs(body["timestamp"] + 600 - time.time()) < 10


def test_no_signature_or_time_by_default(simulator: SimulatorClient, receiver: Receiver) -> None:
    simulator.set_status(new_intent(simulator, receiver), "success")
    simulator.drain()
    assert not {"signature", "timestamp"} & set(receiver.bodies[0])


def test_duplicates_are_further_copies_of_a_change(
    simulator: SimulatorClient, receiver: Receiver
) -> None:
    simulator.set_switches(duplicates=3)
    identity = new_intent(simulator, receiver)
    simulator.set_status(identity, "success")
    simulator.deliver(identity, "expired", 2)
    simulator.drain()
    assert Counter(receiver.statuses) == {"success": 4, "expired": 2}


def test_a_delivery_claims_anything_whatever_is_true(
    simulator: SimulatorClient, receiver: Receiver
) -> None:
    identity = new_intent(simulator, receiver)
    fields = {"client_id": REMOVE, "fiat_amount": 12, "extra": None}
    assert simulator.deliver(identity, "success", 2, fields=fields) == 2
    simulator.deliver(identity)
    simulator.drain()
    forged = [body for body in receiver.bodies if body["status"] == "success"]
    assert len(forged) == 2
    assert forged[0]["fiat_amount"] == 12
    assert forged[0]["extra"] is None
    assert "client_id" not in forged[0]
    assert [body for body in receiver.bodies if body not in forged] == [simulator.intent(identity)]
    assert simulator.intent(identity)["status"] == "pending"


def test_a_callback_about_no_intent_can_be_forged(
    simulator: SimulatorClient, receiver: Receiver
) -> None:
    simulator.deliver("forged_1", "success", fields={"a": 1}, callback_url=receiver.callback_url)
    simulator.drain()
    assert receiver.bodies == [{"payment_intent_id": "forged_1", "status": "success", "a": 1}]


def test_overrides_reach_callbacks_even_of_odd_types(
    simulator: SimulatorClient, receiver: Receiver
) -> None:
    identity = new_intent(simulator, receiver)
    simulator.override(identity, status={"a": 1}, symbol=REMOVE)
    simulator.deliver(identity)
    simulator.drain()
    assert receiver.bodies[0]["status"] == {"a": 1}
    assert "symbol" not in receiver.bodies[0]


def test_reset_gives_up_what_is_outstanding(simulator: SimulatorClient, receiver: Receiver) -> None:
    simulator.set_switches(delay=0.3, duplicates=5)
    simulator.set_status(new_intent(simulator, receiver), "success")
    simulator.reset()
    simulator.drain(timeout=1)
    time.sleep(0.5)
    assert receiver.received == []
    assert simulator.deliveries() == []
    assert simulator.switches()["duplicates"] == 0


def test_drain_says_when_it_gave_up(simulator: SimulatorClient, receiver: Receiver) -> None:
    simulator.set_switches(delay=30)
    simulator.deliver(new_intent(simulator, receiver), "success", 2)
    with pytest.raises(SimulatorError, match="2 deliveries outstanding"):
        simulator.drain(timeout=0.1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("naming", "other"),
        ("loss", 1.1),
        ("loss", True),
        ("duplicates", -1),
        ("duplicates", 1.0),
        ("senders", 0),
        ("reorder", "yes"),
        ("signature_secret", ""),
        ("targets", ["nowhere"]),
        ("delay", "1"),
        ("unheard_of", 1),
    ],
)
def test_a_wrong_switch_is_refused_by_name(
    simulator: SimulatorClient, name: str, value: object
) -> None:
    before = simulator.switches()
    with pytest.raises(SimulatorError, match=f"400.*{name}"):
        simulator.set_switches(**{"duplicates": 7, name: value})
    assert simulator.switches() == before


def test_a_storm_is_delivered_whole_by_the_configured_senders_while_the_api_answers(
    simulator: SimulatorClient, receiver: Receiver, api: httpx.Client
) -> None:
    simulator.set_switches(senders=8, hold=True, reorder=True)
    receiver.pause = 0.002
    ids = [new_intent(simulator, receiver) for _ in range(50)]
    claims = ["pending", "success", "expired", "insufficient_not_refunded", "refunded"]
    wanted = [
        {"payment_intent_id": identity, "status": claim, "count": 8}
        for identity in ids
        for claim in claims
    ]
    assert simulator.deliver_many(wanted) == 2000
    simulator.release()
    waits = []
    while len(receiver.received) < 1900:
        begun = time.perf_counter()
        assert api.get(f"/payment/intent/{ids[0]}").status_code == 200
        waits.append(time.perf_counter() - begun)
        time.sleep(0.02)
    simulator.drain()
    assert len(waits) > 5
    assert sorted(waits)[len(waits) // 2] < 0.25
    assert 2 <= receiver.most_at_once <= 8
    sent = Counter((body["payment_intent_id"], body["status"]) for body in receiver.bodies)
    assert set(sent) == {(identity, claim) for identity in ids for claim in claims}
    assert set(sent.values()) == {8}
    assert {each["http_status"] for each in simulator.deliveries()} == {200}
