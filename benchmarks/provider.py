"""A stand-in for KryptoGO that costs next to nothing: every intent has succeeded.

python -m benchmarks.provider    # prints its port, and ends with its standard input
"""

from __future__ import annotations

import asyncio
import json
import sys

_INTENT = {
    "status": "success",
    "fiat_amount": "300.0",
    "fiat_currency": "TWD",
    "crypto_amount": "9.5",
    "received_crypto_amount": "9.5",
    "symbol": "USDT",
    "payment_chain_id": "arb",
    "payment_tx_hash": "0x" + 64 * "a",
}


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while request := await _request(reader):
        intent = request.split(b" ")[1].rpartition(b"/")[2].decode()
        body = json.dumps({"code": 0, "data": {"payment_intent_id": intent, **_INTENT}}).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        writer.write(head.encode() + b"\r\n\r\n" + body)
        await writer.drain()
    writer.close()


async def _request(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


async def main() -> None:
    """Serve until standard input is closed."""
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
