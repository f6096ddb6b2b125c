"""The demo's course: set up, start, settle five orders, say what to read next."""

from __future__ import annotations

import secrets
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import httpx

from kgscaffold.demo import settings
from kgscaffold.demo.farewell import farewell
from kgscaffold.demo.interrupts import Interrupts
from kgscaffold.demo.processes import Processes
from kgscaffold.demo.project import Project, install, migrate, open_project
from kgscaffold.demo.scenario import (
    AMOUNT,
    CURRENCY,
    SCENES,
    forge_success,
    forgery_seen_through,
)
from kgscaffold.demo.shop import Records, Shop, ShopError
from kgscaffold.demo.view import Board, Row, View, callbacks_line
from kgscaffold.errors import KgscaffoldError
from kgscaffold.simulator.client import SimulatorClient, SimulatorError
from kgscaffold.simulator.process import running_simulator

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from rich.console import Console

_SETTLES_WITHIN = 45.0


def drive(directory: Path, console: Console) -> None:
    """Run the whole demo; raises as `kgscaffold.demo.run` says."""
    view = View(console)
    with Interrupts() as interrupts:
        with view.step("write a FastAPI shop with SQLite"):
            project, known = open_project(directory)
        view.detail(f"{project.root}{' (from an earlier demo)' if known else ''}")
        try:
            addresses = _set_up_and_run(project, interrupts, view)
        except KeyboardInterrupt:
            view.say("Every process is ended. The same command goes on in the same folder.")
            raise
        view.say(f"All five outcomes settled, {view.seconds():.0f} s in all.", "bold green")
        farewell(project, addresses, view)


def _set_up_and_run(project: Project, interrupts: Interrupts, view: View) -> settings.Addresses:
    environment = settings.process_environment(project.root)
    with Processes(project.root, environment, interrupts) as processes:
        with view.step("install it into .venv"):
            install(project, processes)
        with view.step("migrate its database"):
            migrate(project, processes)
        return _run(project, processes, view)


def _run(project: Project, processes: Processes, view: View) -> settings.Addresses:
    log = project.log("shop")
    addresses = settings.choose_addresses(project.root)
    variables = settings.shop_variables(addresses, project.answers)
    settings.write_settings(project.root, variables)
    processes.configure(variables)
    try:
        with ExitStack() as stack:
            with view.step("start a local KryptoGO, and the shop"):
                kryptogo = stack.enter_context(_kryptogo(addresses))
                shop = Shop(addresses.shop, project.commands["ops"], processes, log)
                stack.callback(shop.close)
                shop.await_ready(processes.start(project.commands["start"], log))
            view.detail(f"KryptoGO {addresses.simulator}, shop {addresses.shop}")
            _settle_all(shop, kryptogo, view)
    except (ShopError, SimulatorError, httpx.HTTPError) as error:
        raise KgscaffoldError(
            f"the demo failed: {error}", hint=f"The shop's log is {log}", paths=[str(log)]
        ) from error
    return addresses


def _kryptogo(addresses: settings.Addresses) -> AbstractContextManager[SimulatorClient]:
    """Give a simulator whose intents have new ids at every run: the shop remembers the old ones."""
    return running_simulator(seed=secrets.randbelow(2**31), port=addresses.simulator_port)


def _settle_all(shop: Shop, kryptogo: SimulatorClient, view: View) -> None:
    board = Board([Row(shop.order(AMOUNT, CURRENCY)) for _ in SCENES])
    intents = [shop.check_out(row.order_id) for row in board.rows]
    with view.table(board):
        for scene, row, intent in zip(SCENES, board.rows, intents, strict=True):
            view.say(f"{scene.payment}: {scene.title}", "bold")
            scene.act(kryptogo, intent)
            _follow(shop, intent, row, scene.settled)
            view.say(f"  the order is {scene.order}: {callbacks_line(row.records)}")
        view.say("forged: somebody else claims that the first order was paid", "bold")
        forge_success(kryptogo, intents[0])
        _follow(shop, intents[0], board.rows[0], forgery_seen_through)
        view.say("  KryptoGO, when asked, knows of no payment: the order is new, as before")


def _follow(shop: Shop, intent: str, row: Row, wanted: Callable[[Records], bool]) -> None:
    """Read an intent's records into `row` until they are as wanted; raises ShopError."""
    deadline = time.monotonic() + _SETTLES_WITHIN
    while not wanted(row.records):
        if time.monotonic() > deadline:
            raise ShopError(f"order {row.order_id} did not come to what it should")
        row.records = shop.records(intent)
