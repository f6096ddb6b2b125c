"""Runs the simulator: listens, says where on standard output, and ends when told to."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from kgscaffold.simulator.app import create_app
from kgscaffold.simulator.faults import ABORT

if TYPE_CHECKING:
    from types import FrameType

    from kgscaffold.simulator.simulation import Simulation

_BACKLOG = 2048
_KEEP_ALIVE = 75  # seconds; longer than clients keep idle connections, so that they close first
_GRACE = 1  # seconds for requests under way when the simulator is told to end


class _AbortableProtocol(H11Protocol):
    """Lets the application reset its connection, as a provider that is down does."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(f"{transport!r} is no stream")
        super().connection_made(transport)
        self.app_state = {**self.app_state, ABORT: transport.abort}


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or []:
            host, port = listener.getsockname()[:2]
            sys.stdout.write(json.dumps({"url": f"http://{host}:{port}"}) + "\n")
            sys.stdout.flush()


class _StandardInput(asyncio.Protocol):
    def __init__(self, server: uvicorn.Server) -> None:
        self._server = server

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.should_exit = True


def _end(signum: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


async def _serve(server: uvicorn.Server, listener: socket.socket, *, watch_input: bool) -> None:
    if watch_input:
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: _StandardInput(server), sys.stdin)
    await server.serve([listener])


def run(simulation: Simulation, host: str, port: int, *, watch_input: bool = False) -> None:
    """Serve `simulation` until SIGTERM or SIGINT, or the end of standard input if watched.

    The socket names its protocol, or asyncio would leave Nagle's algorithm on: 40 ms an answer.
    Port 0 takes a free one. Prints one JSON line with the URL as soon as it listens. Raises
    OSError when the address cannot be had.
    """
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, _end)
    config = uvicorn.Config(
        create_app(simulation),
        http=_AbortableProtocol,
        log_level="critical",
        access_log=False,
        lifespan="on",
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_GRACE,
    )
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        asyncio.run(_serve(_Server(config), listener, watch_input=watch_input))
