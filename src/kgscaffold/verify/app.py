"""An app under proof: its processes, its simulated KryptoGO, its customers and its owner."""

from __future__ import annotations

import asyncio
import http.client
from asyncio import to_thread
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from secrets import token_urlsafe
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from kgscaffold.ports import HOST, free_port
from kgscaffold.verify.http import Connections, dumped
from kgscaffold.verify.logs import Logs
from kgscaffold.verify.process import await_answer
from kgscaffold.verify.reading import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from kgscaffold.simulator.client import SimulatorClient
    from kgscaffold.verify.extras import Clock, Effects, Extras, Outage, Rows
    from kgscaffold.verify.http import Answer
    from kgscaffold.verify.process import AppProcess, Project, Ran
    from kgscaffold.verify.shown import Row, Shown

T = TypeVar("T")
ROUTE = "/api/payment/callback"
TOKEN = token_urlsafe(16)
"""Of the callback route, in all apps of this run."""
STARTS_WITHIN = 120.0
OTHER_AMOUNT = "299.0"
_DESK, _LOOKS = BoundedSemaphore(4), BoundedSemaphore(2)
"""Starts and commands at once, and `show` beside them, in all apps.

More would only wait for one another's processor; and what is settled must be seen meanwhile.
"""
_BUYERS = 6
"""At once: it is not the shop's own orders that are under proof."""


@dataclass(frozen=True)
class Purchase:
    """An order, and one intent registered for it."""

    order: str
    intent: str


@dataclass(frozen=True)
class Web:
    """One web process, and where it answers."""

    process: AppProcess
    port: int

    @property
    def url(self) -> str:
        """Its address, without a path."""
        return f"http://{HOST}:{self.port}"


class App:
    """One project on one database. What it does takes a thread where it waits."""

    def __init__(
        self,
        project: Project,
        simulator: SimulatorClient,
        variables: dict[str, str],
        folder: Path,
        extras: Extras,
    ) -> None:
        self.project = project
        self.simulator = simulator
        self.variables = variables
        self.folder = folder
        self.webs: list[Web] = []
        self.others: list[AppProcess] = []
        self.changed = False
        """Its first web process was started with other variables than its own."""
        self.logs = Logs(folder)
        self.reader = Reader(self._look)
        self._extras = extras
        self._numbers = count()
        self._connections = Connections()
        self._till = asyncio.Semaphore(_BUYERS)

    @property
    def effects(self) -> Effects:
        """What the handlers left; for rules that need it."""
        return _there(self._extras.effects)

    @property
    def clock(self) -> Clock:
        """The database's times; for rules that need them."""
        return _there(self._extras.clock)

    @property
    def rows(self) -> Rows:
        """The tables; for rules that need them."""
        return _there(self._extras.rows)

    @property
    def outage(self) -> Outage:
        """What befalls the database; for rules that need it."""
        return _there(self._extras.outage)

    async def start_web(self, command: list[str] | None = None, **variables: str) -> Web:
        """One more web process, ready to answer; callbacks of the simulator go to the first.

        `command` is another one than the project's own.
        """
        port = free_port() if self.webs else int(self.variables["PORT"])
        log = self.folder / f"web-{next(self._numbers)}.log"
        web = await to_thread(self._launched, port, log, variables, command)
        self.webs.append(web)
        return web

    async def restart_web(self, index: int = 0, **variables: str) -> Web:
        """A new process on the port, and with the log, of one that has ended."""
        ended = self.webs[index]
        self.changed = self.changed or (index == 0 and bool(variables))
        web = await to_thread(self._launched, ended.port, ended.process.log, variables)
        self.webs[index] = web
        return web

    def _launched(
        self, port: int, log: Path, variables: Mapping[str, str], command: list[str] | None = None
    ) -> Web:
        given = {**self.variables, "PORT": str(port), "HOST": HOST, **variables}
        start = command or self.project.commands["start"]
        with _DESK:
            web = Web(self.project.start(start, given, log), port)
            self.others.append(web.process)
            await_answer(web.url + "/healthz", web.process, STARTS_WITHIN, self._is_healthy)
            self.others.remove(web.process)
        return web

    def _is_healthy(self, url: str) -> bool:
        try:
            return self._connections.send(url, method="GET").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def start_worker(self) -> AppProcess:
        """Start the worker as a process of its own."""
        log = self.folder / f"worker-{next(self._numbers)}.log"
        worker = self.project.start(self.project.commands["worker"], self.variables, log)
        self.others.append(worker)
        return worker

    def ops(self, *arguments: str, **variables: str | None) -> Ran:
        """Run one of the project's ops commands to its end; None leaves a variable out."""
        return self._logged(self.run("ops", *arguments, **variables))

    def _look(self, *arguments: str) -> Ran:
        with _LOOKS:
            command = [*self.project.commands["ops"], *arguments]
            return self._logged(self.project.run(command, self.variables))

    def _logged(self, ran: Ran) -> Ran:
        with (self.folder / "ops.log").open("a") as log:
            log.write(ran.err)
        return ran

    def run(self, name: str, *arguments: str, **variables: str | None) -> Ran:
        """Run one of the commands of `status --json` to its end; None leaves a variable out."""
        command = [*self.project.commands[name], *arguments]
        with _DESK:
            return self.project.run(command, self.with_variables(**variables))

    def with_variables(self, **changes: str | None) -> dict[str, str]:
        """Give the app's environment with these changes; None leaves one out."""
        merged = {**self.variables, **changes}
        return {name: value for name, value in merged.items() if value is not None}

    async def close(self) -> None:
        """End its processes."""
        processes = [*(web.process for web in self.webs), *self.others]
        for process in processes:
            if process.running:
                process.terminate()
        for process in processes:
            with suppress(Exception):
                await to_thread(process.stop if process.running else process.wait)
        self._connections.close()

    async def order(self, amount: str = "300.0", currency: str = "TWD") -> str:
        """A new order; gives its id. Raises RuntimeError when it is refused."""
        answer = await self.post("/orders", {"amount": amount, "currency": currency})
        _expect(answer, 201)
        return str(answer.json["id"])

    async def click(self, order: str, web: Web | None = None) -> Row:
        """Check out as a customer does; gives what the shop answers. Raises RuntimeError."""
        answer = await self.post(f"/orders/{order}/checkout", None, web)
        _expect(answer, 200, 201)
        given: Row = answer.json
        return given

    async def checkout(self, order: str, *but: str) -> str:
        """A new intent for the order, though it has those of `but`; gives its id."""
        for intent in but:  # what KryptoGO does not confirm is not given again
            await to_thread(self.simulator.override, intent, fiat_amount=OTHER_AMOUNT)
        given = await self.click(order)
        for intent in but:
            await to_thread(self.simulator.clear_overrides, intent)
        return str(given["payment_intent_id"])

    async def buy(self, amount: str = "300.0") -> Purchase:
        """A new order and its intent."""
        async with self._till:
            order = await self.order(amount)
            return Purchase(order, await self.checkout(order))

    async def buy_many(self, number: int) -> list[Purchase]:
        """So many orders, each with its intent."""
        return await asyncio.gather(*(self.buy() for _ in range(number)))

    async def order_page(self, order: str) -> Row:
        """`GET /orders/{id}`. Raises RuntimeError."""
        answer = await self.send(f"/orders/{order}", method="GET")
        _expect(answer, 200)
        page: Row = answer.json
        return page

    async def post(self, path: str, document: object, web: Web | None = None) -> Answer:
        """Send a JSON document to a path of the app (None: no body)."""
        return await self.send(path, b"" if document is None else dumped(document), web=web)

    async def send(
        self,
        path: str,
        body: bytes | Iterable[bytes] = b"",
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
        web: Web | None = None,
    ) -> Answer:
        """Send anything to a path of the app."""
        url = (web or self.webs[0]).url + path
        given = {"Content-Type": "application/json"} if headers is None else headers
        return await to_thread(self._connections.send, url, body, given, method)

    def route(self, token: str | None = TOKEN) -> str:
        """The path callbacks go to, with the token."""
        return ROUTE if token is None else f"{ROUTE}?{urlencode({'token': token})}"

    async def truth(self, intent: str, status: str, **fields: Any) -> None:
        """KryptoGO's answer about the intent from now on; no callback is sent."""
        await to_thread(self.simulator.set_status, intent, status, fields=fields, deliver=False)

    async def claim(self, intent: str, status: str, **more: Any) -> Answer:
        """Deliver a callback that says `status`."""
        return await self.claim_at(self.webs[0], intent, status, **more)

    async def claim_at(self, web: Web, intent: str, status: str, **more: Any) -> Answer:
        """Deliver a callback to one of the web processes."""
        document = {"payment_intent_id": intent, "status": status, **more}
        return await self.post(self.route(), document, web)

    async def deliver(self, intent: str, status: str) -> None:
        """KryptoGO's answer becomes `status`, and a callback says so. Raises RuntimeError."""
        await self.truth(intent, status)
        _expect(await self.claim(intent, status), 200)

    async def show(self, *intents: str) -> dict[str, Shown]:
        """What is recorded of these intents."""
        return await self.reader.read(intents)

    async def settled(
        self, wanted: Mapping[str, Callable[[Shown], bool]], within: float = 150
    ) -> dict[str, Shown]:
        """Wait until each intent is as it is wanted, at most so long, and give all."""
        return await self.reader.settled(wanted, within)

    async def closed(self, intent: str, *statuses: str, within: float = 150) -> Shown:
        """Wait until nothing is owed to these callbacks. Raises RuntimeError for an unknown id."""
        wanted = {intent: lambda shown: all(shown.closed(status) for status in statuses)}
        found = await self.settled(wanted, within)
        if intent not in found:
            raise RuntimeError(f"nothing is known of {intent}")
        return found[intent]


def _expect(answer: Answer, *statuses: int) -> None:
    if answer.status not in statuses:
        raise RuntimeError(f"answered {answer}")


def _there(extra: T | None) -> T:
    if extra is None:
        raise RuntimeError("a rule uses what it does not say that it needs")
    return extra
