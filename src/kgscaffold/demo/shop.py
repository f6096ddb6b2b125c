"""The running shop, as its customers (HTTP) and its owner (the ops commands) see it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx

from kgscaffold.demo.processes import CommandFailedError

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import Popen

    from kgscaffold.demo.processes import Processes
    from kgscaffold.languages.model import Command

_STARTS_WITHIN = 30.0
_POLL = 0.05
_WAITING = ("pending", "applied", "dead")
_REQUESTS = ("GET ", "POST ")


class ShopError(Exception):
    """The shop did not start, or answered what it should not have; the text says what."""


@dataclass(frozen=True, slots=True)
class Records:
    """What the shop's `show --json` tells of one intent."""

    order: dict[str, Any] = field(default_factory=dict)
    payment: dict[str, Any] = field(default_factory=dict)
    callbacks: tuple[dict[str, Any], ...] = ()
    history: tuple[dict[str, Any], ...] = ()

    @property
    def order_status(self) -> str:
        """The order's status, as far as the order has one."""
        return str(self.order.get("status", "new"))

    def callback(self, status: str) -> dict[str, Any]:
        """Give the stored callback of that status, empty if there is none."""
        return next((row for row in self.callbacks if row["status"] == status), {})


def handler_failure(row: dict[str, Any]) -> str | None:
    """Give the exception that a handler raised for a callback, as the shop stored it; None if none.

    KryptoGO's errors are stored there too; they begin with the request.
    """
    error = row["last_error"] if row["state"] in _WAITING else None
    return None if not error or str(error).startswith(_REQUESTS) else str(error)


class Shop:
    """The shop of the demo; its methods raise ShopError."""

    def __init__(self, url: str, ops: Command, processes: Processes, log: Path) -> None:
        self.log = log
        self._ops = ops
        self._processes = processes
        self._running: tuple[Popen[str], ...] = ()
        self._http = httpx.Client(base_url=url, timeout=10, trust_env=False)

    def close(self) -> None:
        """Close the connections; the shop goes on."""
        self._http.close()

    def await_ready(self, *running: Popen[str]) -> None:
        """Return when the shop answers; raises ShopError when one of its processes ends before."""
        self._running = running
        deadline = time.monotonic() + _STARTS_WITHIN
        while time.monotonic() < deadline and not self._has_ended():
            try:
                if self._http.get("/healthz").status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                time.sleep(_POLL)
        raise ShopError("the shop did not start")

    def order(self, amount: str, currency: str) -> str:
        """Order something, and give the order's id."""
        return str(self._post("/orders", {"amount": amount, "currency": currency})["id"])

    def check_out(self, order_id: str) -> str:
        """Check the order out, and give the id of its payment intent."""
        return str(self._post(f"/orders/{order_id}/checkout", None)["payment_intent_id"])

    def records(self, intent_id: str) -> Records:
        """Give what `show --json` tells of an intent."""
        if self._has_ended():
            raise ShopError("a process of the shop ended")
        try:
            text = self._processes.output([*self._ops, "show", intent_id, "--json"], self.log)
        except CommandFailedError as error:
            raise ShopError(str(error)) from error
        told = json.loads(text)
        return Records(
            told["order"] or {},
            told["payment"] or {},
            tuple(told["callbacks"]),
            tuple(told["history"]),
        )

    def _has_ended(self) -> bool:
        return any(process.poll() is not None for process in self._running)

    def _post(self, path: str, body: dict[str, str] | None) -> dict[str, Any]:
        try:
            answer = self._http.post(path, json=body)
        except httpx.TransportError as error:
            raise ShopError(f"POST {path}: {error}") from error
        if answer.is_error:
            raise ShopError(f"POST {path}: {answer.status_code} {answer.text}")
        content: dict[str, Any] = answer.json()
        return content
