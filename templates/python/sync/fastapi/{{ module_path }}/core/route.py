# kgscaffold:id=core/route
"""The callback route: check, store, answer. `include_router` starts the worker, too."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request
from fastapi.concurrency import contextmanager_in_threadpool
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from ..config import ROUTE
from .concurrency import Worker
from .database import reason
from .dialect import UNAVAILABLE
from .payload import MAX_BODY, Refused, check_token, read_delivery
from .queue import accept
from .settings import ConfigurationError, check_start, settings
from .worker import Claimed, worker

RETRY_AFTER_SECONDS = "5"
STORE_SECONDS = 12
"""The bound of all waits for the database together, whatever the engine's own are."""
log = logging.getLogger(__name__)


def _spelled(letter: str) -> str:
    """`letter` as a URL may have it: itself or its percent-encoding, encoded however often."""
    return f"(?:{letter}|%(?:25)*(?:{ord(letter):x}|{ord(letter.upper()):x}))"


TOKEN = re.compile(f"({''.join(map(_spelled, 'token='))})[^&\\s]+", re.IGNORECASE)


def mask_token(record: logging.LogRecord) -> bool:
    """A log filter: `token=***` on every path, for one that is misspelt is logged too."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            TOKEN.sub(r"\1***", value) if isinstance(value, str) else value for value in record.args
        )
    return True


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Worker[Claimed]]]:
    """Check what a start needs, and run the worker unless KRYPTOGO_WORKER=off."""
    logging.getLogger("uvicorn.access").addFilter(mask_token)
    logging.getLogger("uvicorn.error").addFilter(leave_out_traceback)
    if not (await asyncio.to_thread(check_start)).worker:
        yield {}
        return
    async with contextmanager_in_threadpool(worker().running()) as running:
        yield {"kryptogo_worker": running}


def leave_out_traceback(record: logging.LogRecord) -> bool:
    """A log filter: of a start that is refused, only what must be mended."""
    _, error, faults = record.getMessage().partition(f"{ConfigurationError.__name__}: ")
    if error:
        record.msg, record.args = faults.rstrip(), ()
    return True


router = APIRouter(lifespan=lifespan)


@router.post(ROUTE, include_in_schema=False)
async def receive_callback(request: Request) -> JSONResponse:
    """Acknowledge a callback once it is stored. No network call, no wait for a payment's lock."""
    config = settings()
    try:
        check_token(request.query_params.get("token"), config)
        delivery = read_delivery(await _body(request), config)
        keep = config.callback_token is not None
        async with asyncio.timeout(STORE_SECONDS):
            stored = await asyncio.to_thread(accept, delivery, keep)
    except Refused as refused:
        return JSONResponse({"error": refused.reason}, refused.status)
    except UNAVAILABLE as error:
        told = reason(error)
        log.warning("a callback was not stored, the database is unavailable: %s", told)
        headers = {"Retry-After": RETRY_AFTER_SECONDS}
        return JSONResponse({"error": "try again later"}, 503, headers)
    if not stored:
        return JSONResponse({"error": "unknown payment_intent_id"}, 404)
    if running := getattr(request.state, "kryptogo_worker", None):
        running.wake()
    return JSONResponse({"received": True})


async def _body(request: Request) -> bytes:
    body, announced = b"", request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > MAX_BODY:
        raise Refused(413, f"the body is over {MAX_BODY} bytes")
    try:
        async for part in request.stream():
            body += part
            if len(body) > MAX_BODY:
                raise Refused(413, f"the body is over {MAX_BODY} bytes")
    except ClientDisconnect:
        raise Refused(400, "the body is incomplete") from None
    return body
