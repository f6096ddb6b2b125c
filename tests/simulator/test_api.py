"""KryptoGO's four endpoints over HTTP: envelope, headers, codes and validation."""

from __future__ import annotations

import json
import re
import time
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import httpx

    from kgscaffold.simulator.client import SimulatorClient

ORDER = {"fiat_amount": "300.0", "fiat_currency": "TWD"}
TRANSFER = {
    "chain_id": "arb",
    "contract_address": "0x01",
    "amount": "10.5",
    "wallet_address": "0x02",
}


def test_create_gives_the_documented_intent(api: httpx.Client) -> None:
    order_data = {"order_id": "uid_12345", "note": "茶 ☕", "nested": {"n": [1, None]}}
    wanted = {**ORDER, "order_data": order_data, "group_key": "g"}
    before = int(time.time())
    answer = api.post("/payment/intent", json={**wanted, "callback_url": "https://s.example/cb"})
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"code", "data"}
    assert body["code"] == 0
    intent = body["data"]
    assert re.fullmatch(r"[0-9A-Za-z]{32}", intent["payment_intent_id"])
    assert {name: intent[name] for name in wanted} == wanted
    assert intent["callback_url"] == "https://s.example/cb"
    assert intent["status"] == "pending"
    assert intent["client_id"] == "sim_client"
    assert isinstance(intent["org_id"], int)
    assert isinstance(intent["crypto_amount"], str)
    assert Decimal(intent["crypto_amount"]) > 0
    assert (intent["symbol"], intent["decimals"]) == ("USDT", 6)
    assert intent["payment_chain_id"] == "arb"
    assert re.fullmatch(r"0x[0-9a-f]{40}", intent["payment_address"])
    assert re.fullmatch(r"0x[0-9a-f]{40}", intent["token_address"])
    assert before + 1800 <= intent["payment_deadline"] <= time.time() + 1800
    assert intent["payment_tx_hash"] is None
    assert "received_crypto_amount" not in intent
    assert "refund_amount" not in intent


def test_get_and_list_give_what_create_gave(api: httpx.Client) -> None:
    first = api.post("/payment/intent", json=ORDER).json()["data"]
    second = api.post("/payment/intent", json=ORDER).json()["data"]
    assert first["payment_intent_id"] != second["payment_intent_id"]
    shown = api.get(f"/payment/intent/{first['payment_intent_id']}").json()
    assert shown == {"code": 0, "data": first}
    listed = api.get("/payment/intents").json()
    assert listed == {"code": 0, "data": {"payment_intents": [first, second]}}


def test_an_unknown_intent_is_4006_and_case_matters(api: httpx.Client) -> None:
    known = api.post("/payment/intent", json=ORDER).json()["data"]["payment_intent_id"]
    for wrong in ("nothing", known.swapcase()):
        answer = api.get(f"/payment/intent/{wrong}")
        assert answer.status_code == 404
        assert answer.json() == {"code": 4006, "message": "Invalid payment_intent_id"}


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("X-STUDIO-API-KEY", "wrong", 4002),
        ("X-STUDIO-API-KEY", None, 4002),
        ("X-Client-ID", "wrong", 4001),
        ("X-Client-ID", None, 4001),
        ("Origin", None, 4000),
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/payment/intent"), ("GET", "/payment/intents"), ("GET", "/payment/intent/{}")],
)
def test_create_get_and_list_demand_all_three_headers(
    simulator: SimulatorClient,
    api: httpx.Client,
    header: str,
    value: str | None,
    code: int,
    method: str,
    path: str,
) -> None:
    path = path.format(simulator.create_intent()["payment_intent_id"])
    body = ORDER if method == "POST" else None
    assert api.request(method, path, json=body).json()["code"] == 0
    del api.headers[header]
    if value is not None:
        api.headers[header] = value
    answer = api.request(method, path, json=body)
    assert answer.status_code in {400, 401}
    assert answer.json()["code"] == code


@pytest.mark.parametrize(
    "changes",
    [
        {"fiat_amount": "0.009"},
        {"fiat_amount": "0"},
        {"fiat_amount": "-1"},
        {"fiat_amount": "1e3"},
        {"fiat_amount": "NaN"},
        {"fiat_amount": " 1"},
        {"fiat_amount": "\uff11"},
        {"fiat_amount": ""},
        {"fiat_amount": 300},
        {"fiat_amount": 300.0},
        {"fiat_amount": None},
        {"fiat_currency": "EUR"},
        {"fiat_currency": "twd"},
        {"fiat_currency": None},
        {"fiat_currency": ["TWD"]},
        {"order_data": []},
        {"order_data": "text"},
        {"order_data": {"k": "x" * 993}},
        {"order_data": {"k": "\ud800"}},
        {"callback_url": "ftp://shop"},
        {"callback_url": 1},
        {"callback_url": "http://"},
        {"callback_url": "http://[::1"},
        {"callback_url": "http://shop:port/"},
        {"group_key": 1},
    ],
)
def test_create_refuses_a_field_by_name(api: httpx.Client, changes: dict[str, object]) -> None:
    answer = api.post("/payment/intent", content=json.dumps({**ORDER, **changes}))
    assert answer.status_code == 400
    assert answer.json()["code"] == 4000
    assert next(iter(changes)) in answer.json()["message"]
    assert api.get("/payment/intents").json()["data"]["payment_intents"] == []


@pytest.mark.parametrize("order_data", [{"k": "x" * 992}, {"k": "茶" * 992}])
def test_order_data_of_exactly_1000_characters_is_accepted(
    api: httpx.Client, order_data: dict[str, str]
) -> None:
    answer = api.post("/payment/intent", json={**ORDER, "order_data": order_data})
    assert answer.json()["data"]["order_data"] == order_data


@pytest.mark.parametrize("amount", ["0.01", "0.010", "1", "99999999999999999999.9999"])
def test_amounts_are_echoed_as_they_were_written(api: httpx.Client, amount: str) -> None:
    answer = api.post("/payment/intent", json={**ORDER, "fiat_amount": amount})
    assert answer.json()["data"]["fiat_amount"] == amount


@pytest.mark.parametrize(
    "raw", [b"{", b"[]", b'"x"', b'{"fiat_amount": NaN}', b"\xff", b"[" * 9999]
)
def test_a_body_that_is_no_json_object_is_refused(api: httpx.Client, raw: bytes) -> None:
    answer = api.post("/payment/intent", content=raw)
    assert answer.status_code == 400
    assert answer.json()["code"] == 4000


def test_errors_come_with_http_200_when_told_so(
    simulator: SimulatorClient, api: httpx.Client
) -> None:
    simulator.set_provider(refusal_status=200)
    answer = api.get("/payment/intent/nothing")
    assert answer.status_code == 200
    assert answer.json()["code"] == 4006


def test_transfer_needs_only_the_key_and_spends_the_balance(
    simulator: SimulatorClient, api: httpx.Client
) -> None:
    simulator.set_balance("30")
    del api.headers["X-Client-ID"]
    del api.headers["Origin"]
    answer = api.post("/asset_pro/transfer", json=TRANSFER)
    assert answer.status_code == 200
    made = answer.json()["data"]
    assert set(made) == {"id", "tx_hash", "transfer_time"}
    assert re.fullmatch(r"0x[0-9a-f]{64}", made["tx_hash"])
    assert abs(made["transfer_time"] - time.time()) < 5
    assert simulator.wallet()["balance"] == "19.50"


def test_transfer_beyond_the_balance_is_4015_and_spends_nothing(
    simulator: SimulatorClient, api: httpx.Client
) -> None:
    simulator.set_balance("0.1")
    answer = api.post("/asset_pro/transfer", json={**TRANSFER, "amount": "0.3"})
    assert answer.status_code == 400
    assert answer.json() == {
        "code": 4015,
        "message": "Balance not enough",
        "data": {"insufficient_amount": "0.20"},
    }
    assert simulator.wallet() == {"balance": "0.10", "transfers": []}


@pytest.mark.parametrize("field", sorted(TRANSFER))
def test_transfer_demands_every_field(
    simulator: SimulatorClient, api: httpx.Client, field: str
) -> None:
    body = {name: value for name, value in TRANSFER.items() if name != field}
    answer = api.post("/asset_pro/transfer", json=body)
    assert answer.json()["code"] == 4000
    assert field in answer.json()["message"]
    assert simulator.wallet()["transfers"] == []


def test_every_call_is_recorded(simulator: SimulatorClient, api: httpx.Client) -> None:
    assert simulator.requests() == []
    api.post("/payment/intent", json=ORDER)
    api.get("/payment/intent/nothing")
    calls = simulator.requests()
    told = [(call["method"], call["path"], call["http_status"], call["code"]) for call in calls]
    assert told == [
        ("POST", "/v1/studio/api/payment/intent", 200, 0),
        ("GET", "/v1/studio/api/payment/intent/nothing", 404, 4006),
    ]
    assert calls[0]["at"] <= calls[1]["at"] <= time.time()
    assert simulator.requests(since=1) == calls[1:]
