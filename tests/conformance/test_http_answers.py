"""The table of HTTP answers, row by row; what is refused is not stored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from kgscaffold.verify.statuses import EXPIRED, PENDING, STATUSES, SUCCESS
from tests.conformance.harness.http import JSON_HEADERS, Answer, post, send
from tests.conformance.harness.records import CALLBACKS
from tests.conformance.harness.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.harness.shop import Shop
    from tests.conformance.harness.world import World

RECEIVED = {"received": True}
LIMIT = 64 * 1024
UNKNOWN = "intent_that_nobody_registered"
BAD_IDS = ["", " ", "a b", "a/b", "../a", "a\n", "a\u0000", "é", "a" * 65, 12, 1.5, True, None, []]
BAD_STATUSES = ["", 1, True, None, [], {}]
CHUNK = 1000


def _body(size: int, intent: str, status: str = SUCCESS) -> bytes:
    frame = json.dumps({"payment_intent_id": intent, "status": status, "group_key": ""}).encode()
    return frame[:-2] + b"x" * (size - len(frame)) + frame[-2:]


def _chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), CHUNK):
        yield body[start : start + CHUNK]


def _refused(shop: Shop, answer: Answer, status: int, before: int) -> None:
    assert answer.status == status, answer
    assert shop.database.count(CALLBACKS) == before


def test_new_duplicate_stale_and_final_callbacks_are_received(shop: Shop) -> None:
    bought = shop.buy()
    shop.set_truth(bought.intent, SUCCESS)
    first = shop.claim(bought.intent, SUCCESS)
    again = shop.claim(bought.intent, SUCCESS)
    shop.records.await_status(bought.intent, SUCCESS)
    stale = shop.claim(bought.intent, PENDING)
    final = shop.claim(bought.intent, SUCCESS)
    for answer in (first, again, stale, final):
        assert (answer.status, answer.json) == (200, RECEIVED)
        assert "application/json" in answer.headers["content-type"]
    callbacks = shop.records.callbacks(bought.intent)
    assert callbacks[SUCCESS]["deliveries"] == 3
    assert callbacks[PENDING]["deliveries"] == 1


@pytest.mark.parametrize(
    "status", ["refunded", "cancelled", "SUCCESS", "未知", "\u0000", "\ud800", "x" * 60_000]
)
def test_an_unknown_status_is_received_warned_of_and_stored_as_recheck(
    shop: Shop, status: str
) -> None:
    bought = shop.buy()
    shop.set_truth(bought.intent, EXPIRED)
    answer = shop.claim(bought.intent, status)
    assert (answer.status, answer.json) == (200, RECEIVED)
    shop.records.await_status(bought.intent, EXPIRED)
    assert set(shop.records.callbacks(bought.intent)) == {"recheck"}
    assert bought.intent in shop.log_text()


def test_an_unknown_intent_is_kept_as_unregistered_where_a_token_is_configured(shop: Shop) -> None:
    answer = shop.claim(UNKNOWN, SUCCESS)
    assert (answer.status, answer.json) == (200, RECEIVED)
    assert shop.records.state(UNKNOWN, SUCCESS) == "unregistered"


def test_an_unknown_intent_is_not_found_where_no_token_is_configured(tokenless: Shop) -> None:
    before = tokenless.database.count(CALLBACKS)
    url = tokenless.callback_url(token=None)
    _refused(tokenless, post(url, {"payment_intent_id": UNKNOWN, "status": SUCCESS}), 404, before)


def test_a_known_intent_is_received_where_no_token_is_configured(tokenless: Shop) -> None:
    bought = tokenless.buy()
    tokenless.set_truth(bought.intent, SUCCESS)
    document = {"payment_intent_id": bought.intent, "status": SUCCESS}
    assert post(tokenless.callback_url(token=None), document).status == 200
    assert post(tokenless.callback_url(token="whatever"), document).status == 200
    tokenless.records.await_status(bought.intent, SUCCESS)


@pytest.mark.parametrize("intent", BAD_IDS, ids=repr)
def test_a_bad_intent_id_is_refused_by_name(shop: Shop, intent: object) -> None:
    before = shop.database.count(CALLBACKS)
    answer = post(shop.callback_url(), {"payment_intent_id": intent, "status": SUCCESS})
    _refused(shop, answer, 400, before)
    assert b"payment_intent_id" in answer.body


@pytest.mark.parametrize("status", BAD_STATUSES, ids=repr)
def test_a_bad_status_is_refused_by_name(shop: Shop, status: object) -> None:
    before = shop.database.count(CALLBACKS)
    answer = post(shop.callback_url(), {"payment_intent_id": UNKNOWN, "status": status})
    _refused(shop, answer, 400, before)
    assert b"status" in answer.body


@pytest.mark.parametrize("missing", ["payment_intent_id", "status"])
def test_a_missing_field_is_refused_by_name(shop: Shop, missing: str) -> None:
    document = {"payment_intent_id": UNKNOWN, "status": SUCCESS}
    del document[missing]
    before = shop.database.count(CALLBACKS)
    answer = post(shop.callback_url(), document)
    _refused(shop, answer, 400, before)
    assert missing.encode() in answer.body


@pytest.mark.parametrize("client", [1, True, [], {}, 1.5], ids=repr)
def test_an_ill_typed_client_id_is_refused_by_name(shop: Shop, client: object) -> None:
    before = shop.database.count(CALLBACKS)
    answer = shop.claim(UNKNOWN, SUCCESS, client_id=client)
    _refused(shop, answer, 400, before)
    assert b"client_id" in answer.body


@pytest.mark.parametrize("client", ["another_client", "", "SIM_CLIENT", "sim_client ", "\ud800"])
def test_another_client_id_is_forbidden(shop: Shop, client: str) -> None:
    before = shop.database.count(CALLBACKS)
    _refused(shop, shop.claim(UNKNOWN, SUCCESS, client_id=client), 403, before)


@pytest.mark.parametrize("client", [None, "sim_client"])
def test_our_client_id_or_none_is_received(shop: Shop, client: str | None) -> None:
    assert shop.claim(shop.buy().intent, PENDING, client_id=client).status == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"])
def test_another_method_is_not_allowed(shop: Shop, method: str) -> None:
    before = shop.database.count(CALLBACKS)
    body = json.dumps({"payment_intent_id": UNKNOWN, "status": SUCCESS}).encode()
    _refused(shop, send(shop.callback_url(), body, method=method), 405, before)


@pytest.mark.parametrize(
    "token",
    [None, "", "wrong", "a-token-of-the-test-suit", "a-token-of-the-test-suite ", "é\u0000"],
)
def test_a_missing_or_wrong_token_is_not_found(shop: Shop, token: str | None) -> None:
    before = shop.database.count(CALLBACKS)
    document = {"payment_intent_id": shop.buy().intent, "status": SUCCESS}
    _refused(shop, post(shop.callback_url(token=token), document), 404, before)


def test_a_token_that_is_not_utf8_is_not_found(shop: Shop) -> None:
    before = shop.database.count(CALLBACKS)
    url = shop.callback_url(token=None) + "?token=%ff%fe"
    _refused(shop, post(url, {"payment_intent_id": UNKNOWN, "status": SUCCESS}), 404, before)


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize(
    ("size", "status"),
    [(LIMIT, 200), (LIMIT + 1, 413), (LIMIT + CHUNK * 3, 413), (LIMIT * 40, 413)],
)
def test_a_body_over_the_limit_is_refused(
    shop: Shop, size: int, status: int, chunked: bool
) -> None:
    bought = shop.buy()
    before = shop.database.count(CALLBACKS)
    body = _body(size, bought.intent, PENDING)
    assert len(body) == size
    answer = send(shop.callback_url(), _chunks(body) if chunked else body)
    assert answer.status == status
    assert shop.database.count(CALLBACKS) == before + (status == 200)


def test_an_announced_length_over_the_limit_is_refused_at_once(shop: Shop) -> None:
    headers = {**JSON_HEADERS, "Content-Length": str(10**10)}
    answer = send(shop.callback_url(), b"{}", headers)
    assert answer.status == 413
    assert answer.seconds < 5


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data"},
        {"Content-Type": "application/json; charset=utf-16"},
        {"Content-Type": ";;;"},
        {"Content-Type": "application/octet-stream", "Accept": "text/html"},
    ],
    ids=str,
)
def test_any_content_type_is_received(shop: Shop, headers: dict[str, str]) -> None:
    bought = shop.buy()
    body = json.dumps({"payment_intent_id": bought.intent, "status": PENDING}).encode()
    answer = send(shop.callback_url(), body, headers)
    assert (answer.status, answer.json) == (200, RECEIVED)
    assert PENDING in shop.records.callbacks(bought.intent)


@pytest.mark.parametrize(
    ("token", "body", "status"),
    [
        ("wrong", b"not json", 404),
        ("wrong", b"x" * (LIMIT + 1), 404),
        ("right", b"x" * (LIMIT + 1), 413),
        ("right", b'{"status": 1, "client_id": "another"}', 400),
        ("right", b'{"payment_intent_id": "a", "client_id": "another"}', 400),
    ],
)
def test_the_checks_come_in_their_order(shop: Shop, token: str, body: bytes, status: int) -> None:
    url = shop.callback_url() if token == "right" else shop.callback_url(token=token)
    assert send(url, body).status == status


@pytest.fixture
def tokenless(world: World) -> Shop:
    """A shop without a callback token."""
    return world.once(
        "tokenless",
        lambda: world.keep(world.open_shop(KRYPTOGO_CALLBACK_TOKEN=None)),
    )


SECRET = "the-shared-secret"


@pytest.fixture
def signing(world: World) -> Shop:
    """A shop that demands signatures."""
    return world.once(
        "signing", lambda: world.keep(world.open_shop(KRYPTOGO_CALLBACK_SECRET=SECRET))
    )


@pytest.mark.parametrize(
    "signature", ["absent", None, "", "wrong", "é", "0" * 64, 1, ["x"]], ids=repr
)
def test_a_missing_or_wrong_signature_is_unauthorised(signing: Shop, signature: Any) -> None:
    bought = signing.buy()
    before = signing.database.count(CALLBACKS)
    fields = {} if signature == "absent" else {"signature": signature}
    _refused(signing, signing.claim(bought.intent, SUCCESS, **fields), 401, before)


def test_another_client_is_forbidden_before_its_signature_is_looked_at(signing: Shop) -> None:
    answer = signing.claim(UNKNOWN, SUCCESS, client_id="another", signature="wrong")
    assert answer.status == 403


@pytest.mark.parametrize("offset", [0, -3600, 3600])
def test_a_signed_callback_is_received_however_old_it_is(signing: Shop, offset: int) -> None:
    simulator = signing.simulator
    simulator.set_switches(signature_secret=SECRET, timestamp=True, timestamp_offset=offset)
    bought = signing.buy()
    simulator.set_status(bought.intent, SUCCESS)
    simulator.drain()
    delivery = simulator.deliveries()[-1]
    assert (delivery["payment_intent_id"], delivery["http_status"]) == (bought.intent, 200)
    signing.records.await_status(bought.intent, SUCCESS)
    if offset:
        until(lambda: _logged_with(signing, bought.intent, "timestamp"), why="it is logged")


def _logged_with(shop: Shop, intent: str, word: str) -> bool:
    return any(intent in line and word in line.lower() for line in shop.log_text().splitlines())


def test_what_is_stored_of_a_payload_leaves_out_secrets_and_addresses(shop: Shop) -> None:
    bought = shop.buy()
    shop.claim(
        bought.intent,
        PENDING,
        callback_url="https://shop.example/cb?token=secret",
        signature="abc",
        group_key="kept",
    )
    (row,) = shop.database.find(CALLBACKS, payment_intent_id=bought.intent)
    payload = json.loads(row["payload"]) if isinstance(row["payload"], str) else row["payload"]
    assert payload == {
        "payment_intent_id": bought.intent,
        "status": PENDING,
        "group_key": "kept",
    }


def test_a_flood_about_one_intent_takes_six_rows(shop: Shop) -> None:
    bought = shop.buy()
    for status in [*STATUSES, "refunded", "cancelled", "x", "y", *STATUSES]:
        assert shop.claim(bought.intent, status).status == 200
    assert len(shop.records.callbacks(bought.intent)) == 6
