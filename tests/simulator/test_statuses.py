"""What an intent looks like in each status, and what tests can replace in it."""

from __future__ import annotations

import re
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from kgscaffold.simulator.client import REMOVE, SimulatorError

if TYPE_CHECKING:
    import httpx

    from kgscaffold.simulator.client import SimulatorClient

HASH = re.compile(r"0x[0-9a-f]{64}")
SETTLEMENT = {
    "payer_address",
    "payment_tx_timestamp",
    "aggregation_tx_hash",
    "received_crypto_amount",
    "aggregated_crypto_amount",
    "refund_tx_hash",
    "refund_amount",
}


def in_status(simulator: SimulatorClient, *statuses: str) -> dict[str, Any]:
    intent = simulator.create_intent()
    for status in statuses:
        intent = simulator.set_status(intent["payment_intent_id"], status)
    assert intent == simulator.intent(intent["payment_intent_id"])
    assert intent["status"] == statuses[-1]
    return intent


def test_success_has_hashes_and_amounts_after_one_percent_fee(simulator: SimulatorClient) -> None:
    intent = in_status(simulator, "success")
    assert intent["received_crypto_amount"] == intent["crypto_amount"]
    received, aggregated = (
        Decimal(intent[name]) for name in ("received_crypto_amount", "aggregated_crypto_amount")
    )
    assert aggregated == received * Decimal("0.99")
    assert HASH.fullmatch(intent["payment_tx_hash"])
    assert HASH.fullmatch(intent["aggregation_tx_hash"])
    assert intent["payment_tx_hash"] != intent["aggregation_tx_hash"]
    assert abs(intent["payment_tx_timestamp"] - time.time()) < 5
    assert not {"refund_tx_hash", "refund_amount"} & set(intent)


@pytest.mark.parametrize("status", ["pending", "expired", "cancelled"])
@pytest.mark.parametrize("before", ["success", "insufficient_refunded"])
def test_an_unpaid_status_shows_no_settlement(
    simulator: SimulatorClient, status: str, before: str
) -> None:
    intent = in_status(simulator, before, status)
    assert not SETTLEMENT & set(intent)
    assert intent["payment_tx_hash"] is None


def test_insufficient_received_less_than_due_and_has_no_refund(simulator: SimulatorClient) -> None:
    intent = in_status(simulator, "insufficient_not_refunded")
    assert 0 < Decimal(intent["received_crypto_amount"]) < Decimal(intent["crypto_amount"])
    assert intent["payment_tx_hash"] is None
    assert not {"refund_tx_hash", "refund_amount", "aggregated_crypto_amount"} & set(intent)


@pytest.mark.parametrize("path", [[], ["insufficient_not_refunded"], ["success"]])
def test_refunded_gives_back_what_was_received(simulator: SimulatorClient, path: list[str]) -> None:
    intent = in_status(simulator, *path, "insufficient_refunded")
    assert HASH.fullmatch(intent["refund_tx_hash"])
    assert intent["refund_amount"] == intent["received_crypto_amount"]
    assert 0 < Decimal(intent["refund_amount"]) < Decimal(intent["crypto_amount"])


def test_a_later_full_payment_replaces_the_insufficient_one(simulator: SimulatorClient) -> None:
    intent = in_status(simulator, "insufficient_not_refunded", "success")
    assert intent["received_crypto_amount"] == intent["crypto_amount"]


@pytest.mark.parametrize("status", ["refunded", "cancelled", "something_new", "完了"])
def test_unknown_statuses_are_shown_as_they_are(
    simulator: SimulatorClient, api: httpx.Client, status: str
) -> None:
    intent = in_status(simulator, status)
    shown = api.get(f"/payment/intent/{intent['payment_intent_id']}").json()["data"]
    assert shown["status"] == status


def test_fields_of_a_change_win_over_what_would_be_filled_in(simulator: SimulatorClient) -> None:
    identity = simulator.create_intent()["payment_intent_id"]
    fields = {"received_amount": "1.5", "payment_tx_hash": "0xAb", "payment_deadline": 7}
    intent = simulator.set_status(identity, "success", fields=fields)
    assert intent["received_crypto_amount"] == "1.50"
    assert (intent["payment_tx_hash"], intent["payment_deadline"]) == ("0xAb", 7)


@pytest.mark.parametrize(
    "fields",
    [
        {"nonsense": 1},
        {"status": "expired"},
        {"refund_amount": 1.5},
        {"refund_amount": "-1"},
        {"payment_deadline": "1"},
        {"client_id": None},
    ],
)
def test_a_change_with_a_wrong_field_is_refused_whole(
    simulator: SimulatorClient, fields: dict[str, Any]
) -> None:
    intent = simulator.create_intent()
    with pytest.raises(SimulatorError, match=next(iter(fields))):
        simulator.set_status(intent["payment_intent_id"], "success", fields=fields)
    assert simulator.intent(intent["payment_intent_id"]) == intent


def test_overrides_change_what_is_shown_and_not_what_is_true(
    simulator: SimulatorClient, api: httpx.Client
) -> None:
    intent = simulator.create_intent(order_data={"order_id": "1"})
    path = f"/payment/intent/{intent['payment_intent_id']}"
    simulator.override(intent["payment_intent_id"], fiat_amount=1.5, order_data=REMOVE)
    simulator.override(intent["payment_intent_id"], client_id="other", extra=[1])
    expected = {**intent, "fiat_amount": 1.5, "client_id": "other", "extra": [1]}
    del expected["order_data"]
    assert api.get(path).json()["data"] == expected
    assert simulator.intent(intent["payment_intent_id"]) == intent
    simulator.clear_overrides(intent["payment_intent_id"])
    assert api.get(path).json()["data"] == intent


def test_an_intent_can_be_made_with_any_id_client_and_status(
    simulator: SimulatorClient, api: httpx.Client
) -> None:
    made = simulator.create_intent(
        "1.0", "USD", payment_intent_id="My_id-1", client_id="other", status="expired"
    )
    assert api.get("/payment/intent/My_id-1").json()["data"] == made
    assert (made["client_id"], made["status"]) == ("other", "expired")
    with pytest.raises(SimulatorError, match="My_id-1 is taken"):
        simulator.create_intent(payment_intent_id="My_id-1")


def test_the_short_names_of_amounts_replace_the_long_ones(
    simulator: SimulatorClient, api: httpx.Client
) -> None:
    intent = in_status(simulator, "success")
    path = f"/payment/intent/{intent['payment_intent_id']}"
    assert api.get(path).json()["data"] == intent
    simulator.set_switches(naming="received_amount")
    shown = api.get(path).json()["data"]
    assert shown["received_amount"] == intent["received_crypto_amount"]
    assert shown["aggregated_amount"] == intent["aggregated_crypto_amount"]
    assert not {"received_crypto_amount", "aggregated_crypto_amount"} & set(shown)
    assert shown["crypto_amount"] == intent["crypto_amount"]


def test_commands_about_unknown_intents_are_refused(simulator: SimulatorClient) -> None:
    with pytest.raises(SimulatorError, match=r"404.*unknown intent no/such"):
        simulator.deliver("no/such")
    for refused in (
        lambda: simulator.intent("nothing"),
        lambda: simulator.set_status("nothing", "success"),
        lambda: simulator.override("nothing", status="success"),
    ):
        with pytest.raises(SimulatorError, match=r"404.*unknown intent nothing"):
            refused()
