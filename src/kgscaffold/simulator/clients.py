"""The connections over which callbacks are sent."""

from __future__ import annotations

import httpx

_LIMITS = httpx.Limits(keepalive_expiry=2)  # seconds; servers keep idle connections for longer
_HEADERS = {"Content-Type": "application/json"}


class Clients:
    """HTTP clients, one for each post under way.

    Sixteen senders that share one client deliver a third as much: every request walks through
    all connections of its pool.
    """

    def __init__(self) -> None:
        self._idle: list[httpx.AsyncClient] = []
        self._certificates = httpx.create_ssl_context(trust_env=False)

    async def post(self, url: str, body: bytes, seconds: float) -> int:
        """Post JSON and give the HTTP status; httpx's errors when there is none in `seconds`."""
        client = self._idle.pop() if self._idle else self._new()
        try:
            answer = await client.post(url, content=body, headers=_HEADERS, timeout=seconds)
        finally:
            self._idle.append(client)
        return answer.status_code

    async def aclose(self) -> None:
        """Close the connections of all posts that are over."""
        while self._idle:
            await self._idle.pop().aclose()

    def _new(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(verify=self._certificates, limits=_LIMITS, trust_env=False)
