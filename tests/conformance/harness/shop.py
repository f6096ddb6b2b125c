"""A shop to test: one database, one simulated KryptoGO, and the shop's processes."""

from __future__ import annotations

import json
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

import httpx

from kgscaffold.simulator.process import running_simulator
from tests.conformance.harness.faults import Faults
from tests.conformance.harness.http import Answer, post
from tests.conformance.harness.process import AppProcess, WebProcess
from tests.conformance.harness.records import Records
from tests.servers.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from tests.conformance.harness.database import Database
    from tests.conformance.harness.project import Project, Ran
    from tests.servers.reaper import Reaper

ROUTE = "/api/payment/callback"
TOKEN = "a-token-of-the-test-suite"
CLIENT_ID = "sim_client"
_PAYABLE_SECONDS = 1800


@dataclass(frozen=True)
class Purchase:
    """An order, and one intent registered for it."""

    order: str
    intent: str


class Shop:
    """Everything one scenario needs; a context manager that ends its processes."""

    def __init__(
        self,
        project: Project,
        database: Database,
        folder: Path,
        reaper: Reaper,
        variables: dict[str, str | None],
    ) -> None:
        self.project = project
        self.database = database
        self.folder = folder
        self.records = Records(database)
        self.faults = Faults(folder)
        self.webs: list[WebProcess] = []
        self.others: list[AppProcess] = []
        self._reaper = reaper
        self._given = variables
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        self.faults.prepare()
        self._first_port = free_port()
        self.simulator = self._closing.enter_context(running_simulator())
        defaults = {
            "DATABASE_URL": self.database.url,
            "CONFORMANCE_FOLDER": str(self.folder),
            "KRYPTOGO_ENVIRONMENT": "test",
            "KRYPTOGO_CLIENT_ID": CLIENT_ID,
            "KRYPTOGO_STUDIO_API_KEY": "sim_key",
            "KRYPTOGO_ORIGIN": "http://127.0.0.1",
            "KRYPTOGO_API_BASE_URL": self.simulator.url,
            "KRYPTOGO_CALLBACK_TOKEN": TOKEN,
            "KRYPTOGO_CALLBACK_URL": f"http://127.0.0.1:{self._first_port}{ROUTE}",
            "KRYPTOGO_WORKER": "on",
        }
        chosen = {**defaults, **self._given}
        self.variables = {name: value for name, value in chosen.items() if value is not None}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in [*self.webs, *self.others]:
            if process.running:
                process.terminate()
        for process in [*self.webs, *self.others]:
            with suppress(Exception):
                process.stop() if process.running else process.wait()
        self._closing.close()

    def start_web(self, command: list[str] | None = None, **variables: str) -> WebProcess:
        """One more web process, ready to answer; callbacks of the simulator go to the first.

        `command` is another one than the project's own.
        """
        log = self.folder / f"web-{len(self.webs)}.log"
        port = {} if self.webs else {"PORT": str(self._first_port)}
        given = {**self.variables, **port, **variables}
        web = WebProcess(self.project, given, log, self._reaper, command)
        self.webs.append(web)
        web.await_ready()
        return web

    def restart_web(self, web: WebProcess, **variables: str) -> WebProcess:
        """A new process on the port, and with the log, of one that has ended."""
        again = {**self.variables, "PORT": str(web.port), **variables}
        fresh = WebProcess(self.project, again, web.log, self._reaper)
        self.webs[self.webs.index(web)] = fresh
        fresh.await_ready()
        return fresh

    def start_worker(self) -> AppProcess:
        """The worker as a process of its own."""
        log = self.folder / f"worker-{len(self.others)}.log"
        command = [*self.project.commands["ops"], "work"]
        worker = AppProcess(self.project, command, self.variables, log, self._reaper)
        self.others.append(worker)
        return worker

    def ops(self, *arguments: str, timeout: float = 60) -> Ran:
        """Run one of the project's ops commands to its end."""
        command = [*self.project.commands["ops"], *arguments]
        ran = self.project.run(command, self.variables, timeout)
        with (self.folder / "ops.log").open("a") as log:
            log.write(ran.err)
        return ran

    def show(self, intent: str) -> dict[str, Any]:
        """`show --json` of a known intent."""
        shown: dict[str, Any] = self.ops("show", intent, "--json").data
        return shown

    def callback_url(self, web: WebProcess | None = None, token: str | None = TOKEN) -> str:
        """The address callbacks go to, with the token."""
        base = (web or self.webs[0]).url + ROUTE
        return base if token is None else f"{base}?{urlencode({'token': token})}"

    def order(self, amount: str = "300.0", currency: str = "TWD") -> str:
        """A new order; gives its id."""
        body = {"amount": amount, "currency": currency}
        answer = httpx.post(f"{self.webs[0].url}/orders", json=body, timeout=30)
        assert answer.status_code == 201, answer.text
        identity: str = answer.json()["id"]
        return identity

    def checkout(self, order: str) -> str:
        """A new intent for the order, registered, whatever intents it has; gives its id."""
        known = {row["payment_intent_id"] for row in self.records.payments_of(order)}
        for intent in known:
            self.records.move_deadline(intent, -_PAYABLE_SECONDS)
        self.click(order)
        for intent in known:
            self.records.move_deadline(intent, _PAYABLE_SECONDS)
        payments = self.records.payments_of(order)
        (new,) = {row["payment_intent_id"] for row in payments} - known
        return str(new)

    def click(self, order: str, web: WebProcess | None = None) -> str:
        """Check out as a customer does; gives the address to pay to."""
        url = f"{(web or self.webs[0]).url}/orders/{order}/checkout"
        answer = httpx.post(url, timeout=30)
        assert answer.status_code in (200, 201), answer.text
        address: str = answer.json()["payment_address"]
        return address

    def buy(self, amount: str = "300.0") -> Purchase:
        """A new order and its intent."""
        order = self.order(amount)
        return Purchase(order, self.checkout(order))

    def order_page(self, order: str) -> dict[str, Any]:
        """`GET /orders/{id}`."""
        answer = httpx.get(f"{self.webs[0].url}/orders/{order}", timeout=30)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    def set_truth(self, intent: str, status: str, **fields: Any) -> None:
        """KryptoGO's answer about the intent from now on; no callback is sent."""
        self.simulator.set_status(intent, status, fields=fields, deliver=False)

    def claim(self, intent: str, status: str, **fields: Any) -> Answer:
        """Deliver a callback that says `status`."""
        return post(self.callback_url(), {"payment_intent_id": intent, "status": status, **fields})

    def deliver(self, intent: str, status: str) -> None:
        """KryptoGO's answer becomes `status`, and a callback says so; it must be accepted."""
        self.set_truth(intent, status)
        answer = self.claim(intent, status)
        assert answer.status == 200, answer

    def log_text(self) -> str:
        """What all processes have printed so far."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(path.read_text(errors="replace") for path in logs)

    def describe(self, intent: str) -> str:
        """All that is recorded of an intent, for a failed assertion's message."""
        recorded = {
            "payment": self.records.payment(intent),
            "callbacks": self.records.callbacks(intent),
            "history": self.records.history(intent),
            "effects": self.records.effects(intent),
        }
        return json.dumps(recorded, indent=1, default=str)
