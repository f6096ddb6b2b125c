"""The ways in which KryptoGO's API fails to answer, and the record of every call of it."""

from __future__ import annotations

import asyncio
import time
import zlib
from functools import cache
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from kgscaffold.simulator.api import PREFIX, intent_in
from kgscaffold.simulator.errors import INTERNAL, KryptoGOError
from kgscaffold.simulator.http import json_response
from kgscaffold.simulator.settings import Mode, Provider
from kgscaffold.simulator.simulation import ReceivedRequest, Simulation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

ABORT = "kgscaffold.abort"
_HUGE_CHUNKS = 256
_HUGE_CHUNK = b"x" * 65536
_BOMB_CHUNKS = 4096


class ProviderFaults:
    """Middleware around KryptoGO's API; other paths pass untouched."""

    def __init__(self, app: ASGIApp, simulation: Simulation) -> None:
        self._app = app
        self._simulation = simulation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request as the provider's mode says, and record it."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
            return
        provider = self._simulation.provider_of(intent_in(scope["path"]))
        coding = Headers(scope=scope).get("accept-encoding")
        record = ReceivedRequest(scope["method"], scope["path"], time.time(), provider.mode, coding)
        self._simulation.requests.append(record)

        async def recording_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.http_status = message["status"]
                record.code = scope.get("state", {}).get("code")
            await send(message)

        await self._answer(provider, scope, receive, recording_send)

    async def _answer(self, provider: Provider, scope: Scope, receive: Receive, send: Send) -> None:
        abort: Callable[[], None] = scope["state"][ABORT]
        match provider.mode:
            case Mode.HANG:
                try:
                    await _disconnected(receive)
                finally:
                    abort()
                return
            case Mode.DOWN:
                abort()
                await _disconnected(receive)
                return
            case Mode.SLOW:
                await asyncio.sleep(provider.latency)
        answer = _broken_answer(provider, Request(scope)) or self._app
        await answer(scope, receive, send)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _broken_answer(provider: Provider, request: Request) -> Response | None:
    match provider.mode:
        case Mode.ERROR:
            request.state.code = INTERNAL
            envelope = KryptoGOError(INTERNAL, "Internal server error").envelope()
            return json_response(envelope, provider.error_status)
        case Mode.MALFORMED:
            return Response("<html>Bad gateway</html>", media_type="text/html")
        case Mode.REDIRECT:
            return RedirectResponse(f"{PREFIX}redirected{request.url.path}")
        case Mode.HUGE:
            return StreamingResponse(_huge_json(), media_type="application/json")
        case Mode.BOMB:
            coding = ", ".join(["gzip"] * provider.layers)
            return Response(_bomb(provider.layers), headers={"Content-Encoding": coding})
    return None


async def _huge_json() -> AsyncIterator[bytes]:
    for part in _padded_json(_HUGE_CHUNKS):
        yield part


def _padded_json(chunks: int) -> Iterator[bytes]:
    yield b'{"code":0,"data":{"padding":"'
    for _ in range(chunks):
        yield _HUGE_CHUNK
    yield b'"}}'


@cache
def _bomb(layers: int) -> bytes:
    """256 MiB of JSON, compressed so many times."""
    parts = _padded_json(_BOMB_CHUNKS) if layers == 1 else iter([_bomb(layers - 1)])
    gzip = zlib.compressobj(wbits=31)
    return b"".join(map(gzip.compress, parts)) + gzip.flush()
