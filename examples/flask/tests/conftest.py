# kgscaffold:id=tests/conftest
"""The shop on a database of its own, with KryptoGO's answers in the tests' hands."""

import os
from collections.abc import Iterator
from contextvars import Context
from typing import TYPE_CHECKING, Any

import flask_migrate
import httpx
import pytest
from flask import Flask

from app import create_app
from app.kryptogo.core import client

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


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


@pytest.fixture(scope="session")
def app() -> Flask:
    app = create_app()
    with app.app_context():
        flask_migrate.upgrade()
    return app


@pytest.fixture(autouse=True)
def context(app: Flask) -> Iterator[None]:
    """Tests call the application's functions, as a command does."""
    with app.app_context():
        yield


@pytest.fixture
def kryptogo(monkeypatch: pytest.MonkeyPatch) -> Iterator[KryptoGO]:
    kryptogo = KryptoGO()
    transport = httpx.MockTransport(kryptogo.answer)
    monkeypatch.setattr(client, "http", lambda: httpx.Client(transport=transport))
    yield kryptogo


@pytest.fixture
def shop(app: Flask) -> Iterator[httpx.Client]:
    def served(environ: "WSGIEnvironment", start_response: "StartResponse") -> Any:
        # Without the test's context, whose `db.session` a request would take for its own.
        return Context().run(app, environ, start_response)

    with httpx.Client(transport=httpx.WSGITransport(served), base_url="http://shop.test") as shop:
        yield shop
