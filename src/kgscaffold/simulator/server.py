"""Runs the simulator: listens, says where, and ends when told to."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from kgscaffold.simulator.app import create_app
from kgscaffold.simulator.faults import ABORT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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
    def __init__(self, config: uvicorn.Config, announce: Callable[[str], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or []:
            host, port = listener.getsockname()[:2]
            self._announce(f"http://{host}:{port}")


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


def run(
    simulation: Simulation,
    host: str,
    port: int,
    announce: Callable[[str], None],
    *,
    watch_input: bool = False,
) -> None:
    """Serve `simulation` until SIGTERM or SIGINT, or the end of standard input if watched.

    The socket names its protocol, or asyncio would leave Nagle's algorithm on: 40 ms an answer.
    Port 0 takes a free one. `announce` gets the URL as soon as it listens. Raises OSError when the
    address cannot be had.
    """
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
    with socket.socket(proto=socket.IPPROTO_TCP) as listener, _until_signalled():
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        asyncio.run(_serve(_Server(config, announce), listener, watch_input=watch_input))


@contextmanager
def _until_signalled() -> Iterator[None]:
    """Let SIGTERM and SIGINT end the block, and nothing more."""
    before = {number: signal.signal(number, _end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with suppress(SystemExit):
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
