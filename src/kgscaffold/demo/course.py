"""The demo's course: set up, start, settle five orders, say what to read next."""

from __future__ import annotations

import secrets
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import httpx

from kgscaffold.demo import settings
from kgscaffold.demo.excerpt import excerpt
from kgscaffold.demo.farewell import farewell
from kgscaffold.demo.interrupts import Interrupts
from kgscaffold.demo.processes import Processes
from kgscaffold.demo.project import Project, build, find_project, install, migrate, write_project
from kgscaffold.demo.scenario import (
    AMOUNT,
    CURRENCY,
    SCENES,
    forge_success,
    forgery_seen_through,
)
from kgscaffold.demo.shop import Records, Shop, ShopError
from kgscaffold.demo.trouble import Log, failed_handler, handler_error, start_error, step_error
from kgscaffold.demo.view import Board, Row, View, callbacks_line
from kgscaffold.errors import KgscaffoldError, PreconditionError
from kgscaffold.simulator.client import SimulatorClient, SimulatorError
from kgscaffold.simulator.process import running_simulator

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from rich.console import Console

    from kgscaffold.demo.choice import Choice

_SETTLES_WITHIN = 45.0


class HandlerRaisedError(Exception):
    """A handler of the shop raised; the text is its exception."""


def drive(directory: Path, console: Console, choice: Choice) -> None:
    """Run the whole demo; raises as `kgscaffold.demo.run` says."""
    view = View(console)
    with Interrupts() as interrupts:
        project, known = find_project(directory, choice)
        with view.step(f"write a shop: {project.title}"):
            if not known:
                write_project(project)
        view.detail(f"{project.root}{' (from an earlier demo)' if known else ''}")
        try:
            addresses = _set_up_and_run(project, interrupts, view, known=known)
        except KeyboardInterrupt:
            view.say("Every process is ended. The same command goes on in the same folder.")
            raise
        view.say(f"All five outcomes settled, {view.seconds():.0f} s in all.", "bold green")
        farewell(project, addresses, view)


def _set_up_and_run(
    project: Project, interrupts: Interrupts, view: View, *, known: bool
) -> settings.Addresses:
    environment = settings.process_environment(project)
    with Processes(project.root, environment, interrupts) as processes:
        with view.step(f"install it into {project.stack.language.packages}"):
            install(project, processes)
        if project.commands.build:
            with view.step("build it"):
                _of_user(build, project, processes, known=known)
        with view.step("migrate its database"):
            _of_user(migrate, project, processes, known=known)
        log = Log(project.log("shop"))
        try:
            return _run(project, processes, view, log)
        except HandlerRaisedError as error:
            raise handler_error(str(error), project, log) from error
        except (ShopError, SimulatorError, httpx.HTTPError) as error:
            if known:
                raise start_error(str(error), project, log) from error
            raise KgscaffoldError(
                f"the demo failed: {error}",
                hint=f"{excerpt(log.text())}\nThe shop's log is {log.path}",
            ) from error


def _of_user(
    step: Callable[[Project, Processes], None],
    project: Project,
    processes: Processes,
    *,
    known: bool,
) -> None:
    """Take a step that an edit of the user's may keep from its end."""
    try:
        step(project, processes)
    except PreconditionError as error:
        if known:
            raise step_error(error, project) from error
        raise


def _run(project: Project, processes: Processes, view: View, log: Log) -> settings.Addresses:
    addresses = settings.choose_addresses(project.root)
    variables = settings.shop_variables(addresses, project)
    settings.write_settings(project.root, variables)
    processes.configure(variables)
    with ExitStack() as stack:
        with view.step("start a local KryptoGO, and the shop"):
            kryptogo = stack.enter_context(_kryptogo(addresses))
            shop = Shop(addresses.shop, project.commands.ops, processes, log.path)
            stack.callback(shop.close)
            commands = filter(None, (project.commands.start, project.commands.work))
            shop.await_ready(*(processes.start(command, log.path) for command in commands))
        view.detail(f"KryptoGO {addresses.simulator}, shop {addresses.shop}")
        _settle_all(shop, kryptogo, view)
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
            view.say(f"  the order is {row.status}: {callbacks_line(row.records)}")
        view.say("forged: somebody else claims that the first order was paid", "bold")
        first = board.rows[0]
        before = first.status
        forge_success(kryptogo, intents[0])
        _follow(shop, intents[0], first, lambda told: forgery_seen_through(told, before))
        view.say(f"  KryptoGO, when asked, knows of no payment: the order is {before}, as before")


def _follow(shop: Shop, intent: str, row: Row, wanted: Callable[[Records], bool]) -> None:
    """Read an intent's records into `row` until they are as wanted.

    Raises HandlerRaisedError as soon as a handler has failed, ShopError when it takes too long.
    """
    deadline = time.monotonic() + _SETTLES_WITHIN
    while not wanted(row.records):
        if time.monotonic() > deadline:
            raise ShopError(f"order {row.order_id} did not come to what it should")
        row.records = shop.records(intent)
        if raised := failed_handler(row.records):
            raise HandlerRaisedError(raised)
