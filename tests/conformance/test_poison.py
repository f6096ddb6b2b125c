"""Bodies made to break a parser, a database or a log: never a 5xx, and the app goes on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from kgscaffold.verify.statuses import SUCCESS
from tests.conformance.harness.http import send
from tests.conformance.harness.records import CALLBACKS

if TYPE_CHECKING:
    from tests.conformance.harness.shop import Shop

FRAME = '{{"payment_intent_id": "{intent}", "status": "success", {more}}}'

NOT_JSON = {
    "empty": b"",
    "blank": b" \n",
    "word": b"hello",
    "form": b"payment_intent_id=a&status=success",
    "cut off": b'{"payment_intent_id": "a", "status": "succ',
    "trailing comma": b'{"payment_intent_id": "a", "status": "success",}',
    "single quotes": b"{'payment_intent_id': 'a', 'status': 'success'}",
    "two documents": b'{"payment_intent_id": "a", "status": "success"}{}',
    "NaN": b'{"payment_intent_id": "a", "status": "success", "fiat_amount": NaN}',
    "Infinity": b'{"payment_intent_id": "a", "status": "success", "fiat_amount": Infinity}',
    "-Infinity": b'{"payment_intent_id": "a", "status": "success", "x": [-Infinity]}',
    "NaN as status": b'{"payment_intent_id": "a", "status": NaN}',
    "invalid UTF-8": b'{"payment_intent_id": "a", "status": "success", "x": "\xff\xfe"}',
    "invalid UTF-8 in a key": b'{"payment_intent_id": "a", "status": "success", "\xc3": 1}',
    "raw control character": b'{"payment_intent_id": "a", "status": "success", "x": "\x00"}',
    "array": b'[{"payment_intent_id": "a", "status": "success"}]',
    "string": b'"success"',
    "number": b"1",
    "null": b"null",
    "nested arrays": b"[" * 30_000 + b"]" * 30_000,
}

STORABLE = {
    "NUL in a string": '"order_data": "a\\u0000b"',
    "NUL in a key": '"a\\u0000b": 1',
    "NUL deep inside": '"order_data": {"a": [{"b": "\\u0000"}]}',
    "lone surrogate": '"order_data": "\\ud800"',
    "lone surrogate in a key": '"\\udfff": 1',
    "pair of surrogates": '"order_data": "\\ud83d\\ude00"',
    "other types than documented": '"fiat_amount": {"a": 1}, "payment_deadline": "soon"',
    "null everywhere": '"fiat_amount": null, "order_data": null, "crypto_amount": null',
    "wrong timestamp": '"timestamp": "yesterday", "signature": 7',
    "large but finite": '"payment_deadline": 9007199254740993, "fiat_amount": 1e300',
    "markup": '"group_key": "<script>\'; DROP TABLE kryptogo_payments; --%s{0}${x}"',
}

ANY_REFUSAL = {
    "huge integer": '"payment_deadline": ' + "9" * 5000,
    "huge integer as timestamp": '"timestamp": ' + "9" * 400,
    "float beyond doubles": '"fiat_amount": 1e999',
    "nested objects": '"x": ' + '{"x":' * 9_000 + "1" + "}" * 9_000,
    "nested arrays": '"x": ' + "[" * 30_000 + "]" * 30_000,
    "duplicate keys": '"status": "expired", "status": "success"',
    "duplicate ids": '"payment_intent_id": "another", "payment_intent_id": "one"',
}


@pytest.mark.parametrize("name", NOT_JSON)
def test_what_is_not_a_json_object_is_refused(shop: Shop, name: str) -> None:
    before = shop.database.count(CALLBACKS)
    answer = send(shop.callback_url(), NOT_JSON[name])
    assert answer.status == 400, answer
    assert shop.database.count(CALLBACKS) == before


@pytest.mark.parametrize("name", STORABLE)
def test_odd_json_is_received_stored_and_settled(shop: Shop, name: str) -> None:
    bought = shop.buy()
    shop.set_truth(bought.intent, SUCCESS)
    body = FRAME.format(intent=bought.intent, more=STORABLE[name]).encode()
    answer = send(shop.callback_url(), body)
    assert (answer.status, answer.json) == (200, {"received": True})
    shop.records.await_status(bought.intent, SUCCESS)
    assert shop.records.effect_statuses(bought.intent) == [SUCCESS]


@pytest.mark.parametrize("name", ANY_REFUSAL)
def test_disputable_json_is_received_or_refused_but_breaks_nothing(shop: Shop, name: str) -> None:
    bought = shop.buy()
    body = FRAME.format(intent=bought.intent, more=ANY_REFUSAL[name]).encode()
    answer = send(shop.callback_url(), body)
    assert answer.status in (200, 400), answer
    assert shop.claim(bought.intent, SUCCESS).status == 200


def test_no_depth_passes_for_a_database_that_is_away(shop: Shop) -> None:
    bought = shop.buy()
    for depth in (50, *range(99, 103), *range(300, 1200, 10), *range(940, 965)):
        more = f'"x": {"[" * depth}1{"]" * depth}'
        answer = send(shop.callback_url(), FRAME.format(intent=bought.intent, more=more).encode())
        assert answer.status == (200 if depth <= 99 else 400), (depth, answer)


def test_the_log_shows_poison_on_one_line(shop: Shop) -> None:
    forged = "x\nERROR forged line of the log"
    answer = send(
        shop.callback_url(),
        json.dumps({"payment_intent_id": shop.buy().intent, "status": forged}).encode(),
    )
    assert answer.status == 200
    assert "\nERROR forged line of the log" not in shop.log_text()


def test_a_callback_with_every_documented_field_under_either_name_is_received(shop: Shop) -> None:
    for naming in ("received_crypto_amount", "received_amount"):
        bought = shop.buy()
        answer = shop.claim(
            bought.intent,
            "pending",
            **{
                "client_id": "sim_client",
                "org_id": 7,
                naming: "2.53",
                naming.replace("received", "aggregated"): "2.50",
                "refund_tx_hash": None,
                "order_data": {"order_id": "another", "item_id": "100"},
            },
        )
        assert answer.status == 200
