"""Requests over HTTP, exactly as asked for: any bytes, any headers, kept-alive connections."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TIMEOUT = 60.0
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
        """The body as JSON; raises ValueError."""
        return json.loads(self.body)

    def __str__(self) -> str:
        return f"{self.status} {self.body[:200]!r}"


class Connection:
    """One kept-alive connection to one server; not for use by two threads at once."""

    def __init__(self, place: str) -> None:
        self._connection = http.client.HTTPConnection(place, timeout=TIMEOUT)

    def close(self) -> None:
        """Close it."""
        self._connection.close()

    def send(
        self,
        target: str,
        body: bytes | Iterable[bytes] = b"",
        headers: Mapping[str, str] = JSON_HEADERS,
        method: str = "POST",
    ) -> Answer:
        """Send it; an iterable of bytes goes chunked. Raises OSError or HTTPException.

        A kept connection that the server has closed meanwhile is replaced, as any client does.
        """
        kept = self._connection.sock is not None
        try:
            return self._exchange(target, body, headers, method)
        except (ConnectionError, http.client.RemoteDisconnected):
            if not kept or not isinstance(body, bytes):
                raise
            return self._exchange(target, body, headers, method)

    def _exchange(
        self, target: str, body: bytes | Iterable[bytes], headers: Mapping[str, str], method: str
    ) -> Answer:
        began = time.perf_counter()
        chunked = not isinstance(body, bytes)
        try:
            self._connection.request(
                method, target, body=body, headers=dict(headers), encode_chunked=chunked
            )
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        seconds = time.perf_counter() - began
        received = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, received, content, seconds)


class Connections:
    """Kept connections to many servers, for use by many threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._idle: dict[str, list[Connection]] = {}

    def send(
        self,
        url: str,
        body: bytes | Iterable[bytes] = b"",
        headers: Mapping[str, str] = JSON_HEADERS,
        method: str = "POST",
    ) -> Answer:
        """Send one request to the URL. Raises OSError or HTTPException."""
        parts = urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        with self._lock:
            idle = self._idle.setdefault(parts.netloc, [])
            connection = idle.pop() if idle else Connection(parts.netloc)
        answer = connection.send(target or "/", body, headers, method)
        if answer.status >= 400 or not isinstance(body, bytes):
            connection.close()  # the server may still expect what was announced
            return answer
        with self._lock:
            idle.append(connection)
        return answer

    def close(self) -> None:
        """Close all that are idle."""
        with self._lock:
            for connection in [one for idle in self._idle.values() for one in idle]:
                connection.close()
            self._idle.clear()


def dumped(document: object) -> bytes:
    """Give the document as JSON."""
    return json.dumps(document).encode()
