# kgscaffold:id=core/payload
"""A delivery, checked before it is stored. None of it is believed: it says where to look."""

import hashlib
import hmac
import json
import logging
import math
import re
from typing import Any

from .model import RECHECK, Delivery, Status, now
from .settings import Settings

MAX_BODY = 64 * 1024
MAX_DEPTH = 100
INTENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
NOT_STORED = {"callback_url", "signature"}
log = logging.getLogger(__name__)


class Refused(Exception):
    """A delivery that is answered with `status` and not stored."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def check_token(given: str | None, settings: Settings) -> None:
    """Raises Refused (404) unless the token, where one is configured, is right."""
    if settings.callback_token is not None and not _equal(given, settings.callback_token):
        raise Refused(404, "not found")


def _equal(given: object, secret: str) -> bool:
    """Compared in constant time."""
    text = given if isinstance(given, str) else ""
    return hmac.compare_digest(text.encode(errors="surrogatepass"), secret.encode())


def read_delivery(body: bytes, settings: Settings) -> Delivery:
    """The delivery in `body`. Raises Refused with the HTTP status and the field at fault."""
    payload = _json_object(body)
    intent_id = _text(payload, "payment_intent_id")
    if not INTENT_ID.fullmatch(intent_id):
        raise Refused(400, "payment_intent_id must be 1 to 64 of A-Z a-z 0-9 _ -")
    status = _text(payload, "status")
    client_id = payload.get("client_id")
    if client_id is not None and not isinstance(client_id, str):
        raise Refused(400, "client_id must be a string")
    if client_id is not None and client_id != settings.client_id:
        raise Refused(403, "client_id is not ours")
    if settings.callback_secret is not None:
        _check_signature(payload, settings.callback_secret)
    known = status in set(Status)
    if not known:
        log.warning("unknown status %.64r for intent %s: it will be re-checked", status, intent_id)
    return Delivery(
        payment_intent_id=intent_id,
        status=status if known else RECHECK,
        claimed_status=status if known else ascii(status)[1:-1][:64],
        payload={key: value for key, value in payload.items() if key not in NOT_STORED},
    )


def canonical(payload: dict[str, Any]) -> bytes:
    """The bytes that are signed: not confirmed by KryptoGO, which does not document them."""
    signed = {key: value for key, value in payload.items() if key != "signature"}
    text = json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode(errors="surrogatepass")


def _check_signature(payload: dict[str, Any], secret: str) -> None:
    expected = hmac.new(secret.encode(), canonical(payload), hashlib.sha256).hexdigest()
    if not _equal(payload.get("signature"), expected):
        raise Refused(401, "signature is missing or wrong")
    timestamp, at = payload.get("timestamp"), int(now().timestamp())
    if isinstance(timestamp, int | float) and not any(
        abs(at * unit - timestamp) <= 300 * unit for unit in (1, 1000)
    ):
        log.warning("stale timestamp for intent %s", payload["payment_intent_id"])


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        payload = json.loads(body, parse_constant=_number, parse_float=_number)
    except (ValueError, RecursionError):
        raise Refused(400, "the body is not JSON") from None
    if not isinstance(payload, dict):
        raise Refused(400, "the body is not a JSON object")
    if not _is_within(MAX_DEPTH, payload):
        raise Refused(400, f"the body is nested over {MAX_DEPTH} deep")
    return payload


def _is_within(depth: int, value: Any) -> bool:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return not parts or (depth > 0 and all(_is_within(depth - 1, part) for part in parts))


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a JSON number")
    return number


def _text(payload: dict[str, Any], field: str) -> str:
    value = payload.get(field)
    if not isinstance(value, str) or not value:
        raise Refused(400, f"{field} must be a non-empty string")
    return value
