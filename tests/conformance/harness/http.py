"""Deliveries over HTTP, exactly as asked for: any bytes, any headers, kept-alive connections."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

TIMEOUT = 30.0
JSON_HEADERS = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Answer:
    """What came back, and after how many seconds."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Sender:
    """One kept-alive connection to one server; not for use by two threads."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(
            parts.hostname or "", parts.port, timeout=TIMEOUT
        )
        self._target = parts.path + (f"?{parts.query}" if parts.query else "")

    def __enter__(self) -> Sender:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def send(
        self,
        body: bytes | Iterable[bytes],
        headers: Mapping[str, str] = JSON_HEADERS,
        method: str = "POST",
    ) -> Answer:
        """Send it; an iterable of bytes goes chunked. Raises OSError or HTTPException.

        A kept connection that the server has closed meanwhile is replaced, as any client does.
        """
        kept = self._connection.sock is not None
        try:
            return self._exchange(body, headers, method)
        except (ConnectionError, http.client.RemoteDisconnected):
            if not kept or not isinstance(body, bytes):
                raise
            return self._exchange(body, headers, method)

    def _exchange(
        self, body: bytes | Iterable[bytes], headers: Mapping[str, str], method: str
    ) -> Answer:
        began = time.perf_counter()
        chunked = not isinstance(body, bytes)
        try:
            self._connection.request(
                method, self._target, body=body, headers=dict(headers), encode_chunked=chunked
            )
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        seconds = time.perf_counter() - began
        received = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, received, content, seconds)

    def post(self, document: object) -> Answer:
        """Send it as JSON."""
        return self.send(json.dumps(document).encode())


def send(
    url: str,
    body: bytes | Iterable[bytes],
    headers: Mapping[str, str] = JSON_HEADERS,
    method: str = "POST",
) -> Answer:
    """One request on a connection of its own."""
    with Sender(url) as sender:
        return sender.send(body, headers, method)


def post(url: str, document: object) -> Answer:
    """One JSON document on a connection of its own."""
    return send(url, json.dumps(document).encode())
