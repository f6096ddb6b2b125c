# kgscaffold:id=core/client
"""KryptoGO's API: create an intent, and ask what became of it."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from .concurrency import PROVIDER_SECONDS, http, time_limit
from .decision import decimal
from .model import FACTS, Intent
from .payload import INTENT_ID
from .settings import settings

MAX_ANSWER = 1024 * 1024
END = 253_402_300_800
"""Unix time of the year 10000: a later deadline is not in seconds."""
PATH = "/v1/studio/api/payment/intent"
UNKNOWN_INTENT = 4006
OTHER_NAMES = {
    "received_crypto_amount": "received_amount",
    "aggregated_crypto_amount": "aggregated_amount",
}


class ProviderError(Exception):
    """KryptoGO could not be reached, or did not answer as documented: nothing is known."""


def get_intent(intent_id: str) -> Intent | None:
    """The intent as KryptoGO sees it now; None where it knows of none. Raises ProviderError."""
    return _call("GET", f"{PATH}/{quote(intent_id, safe='')}")


def post_intent(
    amount: str, currency: str, callback_url: str, order_data: Mapping[str, str]
) -> Intent:
    """A new intent for `amount` of `currency`. Raises ProviderError."""
    body = {
        "fiat_amount": amount,
        "fiat_currency": currency,
        "callback_url": callback_url,
        "order_data": order_data,
    }
    intent = _call("POST", PATH, body)
    if intent is None or not INTENT_ID.fullmatch(intent.payment_intent_id or ""):
        raise ProviderError("POST intent: the answer has no payment_intent_id")
    return intent


def _call(method: str, path: str, body: Mapping[str, Any] | None = None) -> Intent | None:
    import httpx  # takes a while, and commands that only read the tables need none

    call = f"{method} {settings().api_base_url}{path}"
    try:
        with time_limit(PROVIDER_SECONDS):
            status, text = _exchange(method, path, body)
        answer = json.loads(text, parse_float=Decimal)
    except (httpx.HTTPError, TimeoutError, ValueError, RecursionError) as error:
        raise ProviderError(f"{call}: {type(error).__name__} {error}".strip()) from error
    code = answer.get("code") if isinstance(answer, dict) else None
    if code == UNKNOWN_INTENT:
        return None
    if not 200 <= status < 300 or code != 0 or not isinstance(answer.get("data"), dict):
        raise ProviderError(f"{call}: HTTP {status}, code {code}")
    return _intent(answer["data"])


def _exchange(method: str, path: str, body: Mapping[str, Any] | None) -> tuple[int, bytes]:
    config = settings()
    headers = {
        "X-STUDIO-API-KEY": config.api_key,
        "X-Client-ID": config.client_id,
        "Origin": config.origin,
        "Accept-Encoding": "identity",
    }
    url, text = config.api_base_url + path, b""
    with http().stream(method, url, headers=headers, json=body) as response:
        coding = response.headers.get("Content-Encoding", "identity")
        if coding.lower() != "identity":  # a kilobyte may unpack to a gigabyte
            raise ProviderError(f"{method} intent: the answer is compressed ({coding:.64})")
        for part in response.iter_bytes():
            text += part
            if len(text) > MAX_ANSWER:
                raise ProviderError(f"{method} intent: the answer is over {MAX_ANSWER} bytes")
        return response.status_code, text


def _intent(data: Mapping[str, Any]) -> Intent:
    names = ("payment_intent_id", "client_id", "fiat_amount", "fiat_currency", "payment_address")
    texts = {name: _text(data.get(name)) for name in names}
    status, order_data = _text(data.get("status")), data.get("order_data")
    deadline = data.get("payment_deadline")
    if not status:
        raise ProviderError("the intent has no status that can be read")
    return Intent(
        status=status,
        payment_deadline=deadline if type(deadline) is int and 0 < deadline < END else None,
        order_data=order_data if isinstance(order_data, dict) else None,
        **texts,
        **{name: _fact(data, name) for name in FACTS},
    )


def _fact(data: Mapping[str, Any], name: str) -> str | None:
    given = data.get(name)
    value = _text(data.get(OTHER_NAMES.get(name, "")) if given is None else given)
    if not name.endswith("_amount"):
        return value
    amount = decimal(value)
    return value if amount is not None and abs(amount) < Decimal(10) ** 20 else None


def _text(value: object) -> str | None:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value.isprintable() and len(value) <= 128 else None
