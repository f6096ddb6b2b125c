# kgscaffold:id=core/route
"""The callback route: check, store, answer. No network call, no wait for a payment's lock."""

import json
import logging
import re
from http import HTTPMethod

from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import HTTPException

from ..config import ROUTE
from .concurrency import time_limit
from .database import reason
from .dialect import UNAVAILABLE
from .payload import MAX_BODY, Refused, check_token, read_delivery
from .queue import accept
from .settings import settings

RETRY_AFTER_SECONDS = 5
STORE_SECONDS = 12
"""The bound of all waits for the database together, whatever the engine's own are."""
MAX_IGNORED = 4 * 1024 * 1024
log = logging.getLogger(__name__)
blueprint = Blueprint("kryptogo", __name__)


# Every method comes here: the application's own page for a 405 is not for KryptoGO.
@blueprint.route(ROUTE, methods=list(HTTPMethod), provide_automatic_options=False)
def receive_callback() -> Response:
    """Acknowledge a callback once it is stored."""
    if request.method != HTTPMethod.POST:
        return _answer(405, {"detail": "Method Not Allowed"}, {"Allow": "POST"})
    config = settings()
    try:
        check_token(request.args.get("token"), config)
        delivery = read_delivery(_body(), config)
        with time_limit(STORE_SECONDS):
            kept = accept(delivery, keep_unregistered=config.callback_token is not None)
    except Refused as refused:
        return _answer(refused.status, {"error": refused.reason})
    except UNAVAILABLE as error:
        told = reason(error)
        log.warning("a callback was not stored, the database is unavailable: %s", told)
        later = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return _answer(503, {"error": "try again later"}, later)
    if not kept:
        return _answer(404, {"error": "unknown payment_intent_id"})
    if worker := current_app.extensions.get("kryptogo"):
        worker.wake()
    return _answer(200, {"received": True})


def _body() -> bytes:
    """The body, read here: the application's own limit, and its page for it, do not apply."""
    request.max_content_length = None
    if (request.content_length or 0) > MAX_BODY:
        raise Refused(413, f"the body is over {MAX_BODY} bytes")
    try:
        body = _read(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            # Who is cut off while sending does not see the answer.
            _read(MAX_IGNORED)
    except (HTTPException, OSError):
        raise Refused(400, "the body is incomplete") from None
    if len(body) > MAX_BODY:
        raise Refused(413, f"the body is over {MAX_BODY} bytes")
    return body


def _read(length: int) -> bytes:
    """So many bytes of the body, or what is left of it."""
    parts = []
    while length and (part := request.stream.read(min(length, MAX_BODY))):
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _answer(status: int, body: object, headers: dict[str, str] | None = None) -> Response:
    text = json.dumps(body, separators=(",", ":"))
    return Response(text, status, headers, mimetype="application/json")


def _spelled(letter: str) -> str:
    """`letter` as a URL may have it: itself or its percent-encoding, encoded however often."""
    return f"(?:{letter}|%(?:25)*(?:{ord(letter):x}|{ord(letter.upper()):x}))"


TOKEN = re.compile(f"({''.join(map(_spelled, 'token='))})[^&\\s]+", re.IGNORECASE)


def mask_token(record: logging.LogRecord) -> bool:
    """A log filter: `token=***` on every path, for one that is misspelt is logged too."""
    record.msg, record.args = TOKEN.sub(r"\1***", record.getMessage()), ()
    return True
