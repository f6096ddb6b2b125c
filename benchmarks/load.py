"""Deliveries over kept-alive connections, as cheaply as Python sends them.

    python -m benchmarks.load URL CONNECTIONS < intents

Sends one callback per line of its input, and prints how many there were, the seconds they took,
and how often each HTTP status was answered, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit


async def main() -> None:
    """Send all and report."""
    url, connections = urlsplit(sys.argv[1]), int(sys.argv[2])
    intents = iter(sys.stdin.read().split())
    statuses: Counter[int] = Counter()
    streams = [
        await asyncio.open_connection(url.hostname, url.port or 80) for _ in range(connections)
    ]
    target = f"{url.path}?{url.query}"
    began = time.perf_counter()
    await asyncio.gather(*(_send(*stream, target, intents, statuses) for stream in streams))
    seconds = time.perf_counter() - began
    answer = {"sent": statuses.total(), "seconds": seconds, "statuses": statuses}
    sys.stdout.write(json.dumps(answer))


async def _send(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    target: str,
    intents: Iterator[str],
    statuses: Counter[int],
) -> None:
    for intent in intents:
        body = json.dumps({"payment_intent_id": intent, "status": "success"})
        head = f"POST {target} HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        statuses[int(answer.split(b" ", 2)[1])] += 1
    writer.close()


if __name__ == "__main__":
    asyncio.run(main())
