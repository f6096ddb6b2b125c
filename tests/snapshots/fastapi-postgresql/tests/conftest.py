# kgscaffold:id=tests/conftest
"""The shop on a database of its own, with KryptoGO's answers in the tests' hands."""

import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from alembic import command
from alembic.config import Config

from app import db, main
from app.kryptogo.core import client


class KryptoGO:
    """What KryptoGO would answer: set `intents[ID]["status"]`, `down`, or what is in `created`."""

    def __init__(self) -> None:
        self.intents: dict[str, dict[str, Any]] = {}
        self.created: dict[str, Any] = {}
        self.down = False

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("down", request=request)
        if request.method == "POST":
            number = os.urandom(8).hex()
            sent = httpx.Response(200, content=request.content).json()
            new = {"payment_intent_id": number, "status": "pending", "payment_address": "0x1"}
            self.intents[number] = {**new, **sent}
            data = self.intents[number] | self.created
            return httpx.Response(200, json={"code": 0, "data": data})
        intent = self.intents.get(request.url.path.rpartition("/")[2])
        if intent is None:
            return httpx.Response(400, json={"code": 4006, "message": "invalid payment_intent_id"})
        return httpx.Response(200, json={"code": 0, "data": intent})


@pytest.fixture(scope="session", autouse=True)
def migrated() -> None:
    command.upgrade(Config("alembic.ini"), "head")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def kryptogo(monkeypatch: pytest.MonkeyPatch) -> Iterator[KryptoGO]:
    kryptogo = KryptoGO()
    transport = httpx.MockTransport(kryptogo.answer)
    monkeypatch.setattr(client, "http", lambda: httpx.AsyncClient(transport=transport))
    yield kryptogo


@pytest.fixture
async def shop(anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(main.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as shop:
        yield shop
    await db.engine.dispose()
