"""Starting an app with a KryptoGO of its own, and waiting for what becomes true."""

from __future__ import annotations

import asyncio
import time
from asyncio import to_thread
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from kgscaffold.ports import HOST, free_port
from kgscaffold.simulator import API_KEY, CLIENT_ID
from kgscaffold.simulator.process import running_simulator
from kgscaffold.verify.app import ROUTE, TOKEN, App

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from kgscaffold.verify.extras import Extras
    from kgscaffold.verify.process import Project


@asynccontextmanager
async def running_app(
    project: Project, folder: Path, extras: Extras, given: Mapping[str, str | None]
) -> AsyncIterator[App]:
    """An app without a process yet, and a KryptoGO of its own; all ends with the block.

    `given` replaces the usual variables; None leaves one out.
    """
    port = free_port()
    simulating = running_simulator()
    simulator = await to_thread(simulating.__enter__)
    try:
        usual = {
            "PORT": str(port),
            "KRYPTOGO_ENVIRONMENT": "test",
            "KRYPTOGO_CLIENT_ID": CLIENT_ID,
            "KRYPTOGO_STUDIO_API_KEY": API_KEY,
            "KRYPTOGO_ORIGIN": f"http://{HOST}",
            "KRYPTOGO_API_BASE_URL": simulator.url,
            "KRYPTOGO_CALLBACK_TOKEN": TOKEN,
            "KRYPTOGO_CALLBACK_URL": f"http://{HOST}:{port}{ROUTE}",
            "KRYPTOGO_WORKER": "on",
        }
        chosen = {name: value for name, value in {**usual, **given}.items() if value is not None}
        app = App(project, simulator, chosen, folder, extras)
        try:
            yield app
        finally:
            await app.close()
    finally:
        await to_thread(simulating.__exit__, None, None, None)


@asynccontextmanager
async def during(state: AbstractContextManager[None]) -> AsyncIterator[None]:
    """Enter and leave what waits, in one thread of its own."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(1) as thread:
        await loop.run_in_executor(thread, state.__enter__)
        try:
            yield
        finally:
            await loop.run_in_executor(thread, state.__exit__, None, None, None)


async def until(what: Callable[[], Any], within: float = 60, every: float = 0.1) -> bool:
    """Say whether `what`, asked again and again in a thread, became true in so many seconds.

    It is asked after `every` seconds, and more and more rarely, down to a tenth as often.
    """
    deadline, pause = time.monotonic() + within, every
    while not await to_thread(what):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(pause)
        pause = min(1.2 * pause, 10 * every)
    return True
