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


class Shop:
    """The shop of the demo; its methods raise ShopError."""

    def __init__(self, url: str, ops: Command, processes: Processes, log: Path) -> None:
        self.log = log
        self._ops = ops
        self._processes = processes
        self._http = httpx.Client(base_url=url, timeout=10, trust_env=False)

    def close(self) -> None:
        """Close the connections; the shop goes on."""
        self._http.close()

    def await_ready(self, process: Popen[str]) -> None:
        """Return when the shop answers; raises ShopError when it ends or takes too long."""
        deadline = time.monotonic() + _STARTS_WITHIN
        while time.monotonic() < deadline and process.poll() is None:
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

    def _post(self, path: str, body: dict[str, str] | None) -> dict[str, Any]:
        try:
            answer = self._http.post(path, json=body)
        except httpx.TransportError as error:
            raise ShopError(f"POST {path}: {error}") from error
        if answer.is_error:
            raise ShopError(f"POST {path}: {answer.status_code} {answer.text}")
        content: dict[str, Any] = answer.json()
        return content
