"""A shop's callback route, as the simulator sees it: records what arrives, answers as told."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from kgscaffold.simulator.client import SimulatorClient


@dataclass
class Received:
    path: str
    raw: bytes
    at: float

    @property
    def body(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.raw)
        return content


@dataclass
class Receiver:
    """What arrived; the first answers are `answers`, the later ones 200; all after `pause` s."""

    url: str
    received: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    pause: float = 0
    at_once: int = 0
    most_at_once: int = 0

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [one.body for one in self.received]

    @property
    def statuses(self) -> list[str]:
        return [body["status"] for body in self.bodies]

    @property
    def callback_url(self) -> str:
        return f"{self.url}/kryptogo/callback?token=t0k"

    def forget(self) -> None:
        self.received.clear()
        self.answers.clear()
        self.pause = self.most_at_once = 0

    async def take(self, request: Request) -> Response:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        path = f"{request.url.path}?{request.url.query}"
        self.received.append(Received(path, await request.body(), time.monotonic()))
        answer = self.answers.pop(0) if self.answers else 200
        await asyncio.sleep(self.pause)
        self.at_once -= 1
        return Response(status_code=answer)


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        receiver = Receiver(f"http://127.0.0.1:{listener.getsockname()[1]}")
        app = Starlette(routes=[Route("/{path:path}", receiver.take, methods=["POST"])])
        config = uvicorn.Config(
            app,
            log_level="critical",
            lifespan="off",
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield receiver
        finally:
            server.should_exit = True
            thread.join()


def new_intent(simulator: SimulatorClient, receiver: Receiver, **values: Any) -> str:
    intent = simulator.create_intent(callback_url=receiver.callback_url, **values)
    return str(intent["payment_intent_id"])
