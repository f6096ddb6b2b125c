# kgscaffold:id=core/extension
"""The extension: `KryptoGO(app)`, or `kryptogo.init_app(app)`, after that of the database."""

import atexit
import logging
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from contextvars import Context
from threading import Lock

import click
from flask import Flask, current_app
from flask.cli import run_command, with_appcontext

from ..config import sessions
from . import concurrency, ops
from .route import blueprint, mask_token
from .settings import ConfigurationError, check_start
from .worker import worker

APP_LOAD_ERROR = 4
"""The exit code with which a gunicorn process says: starting another one will not help."""
LOGS_OF_REQUESTS = ("werkzeug", "gunicorn.access", "gunicorn.error")

# Every piece of work of a thread has its own `db.session`, as every request has.
concurrency.surroundings = lambda: current_app.app_context()


class KryptoGO:
    """The callback route, the commands, and, where KRYPTOGO_WORKER is on, a worker."""

    def __init__(self, app: Flask | None = None) -> None:
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Register them. Where a server loads the application, check the configuration, too."""
        for name in LOGS_OF_REQUESTS:
            logging.getLogger(name).addFilter(mask_token)
        app.register_blueprint(blueprint)
        app.cli.add_command(commands)
        if is_served():
            check(app)
        if os.environ.get("KRYPTOGO_WORKER") == "on":
            own = app.extensions["kryptogo"] = WorkerOfProcess(app)
            app.before_request(own.start)


def is_served() -> bool:
    """Whether `flask run` or gunicorn loads the application: no command, no test, no script."""
    context = click.get_current_context(silent=True)
    if context is not None:
        return context.command is run_command
    return os.environ.get("SERVER_SOFTWARE", "").startswith("gunicorn")


def check(app: Flask) -> None:
    """End the process with all that must be mended. An exception would come with a traceback."""
    try:
        with app.app_context():
            check_start()
            # gunicorn --preload forks after this: a connection would be that of two processes.
            sessions.forget_connections()
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        raise SystemExit(APP_LOAD_ERROR) from None


class WorkerOfProcess:
    """The worker beside the requests, started by the first of them: threads die at a fork."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._lock = Lock()
        self._pid = 0
        self._wake: Callable[[], None] | None = None

    def start(self) -> None:
        """Start it, unless it runs in this process already."""
        if self._pid == os.getpid():
            return
        with self._lock:
            if self._pid != os.getpid():
                self._pid = os.getpid()
                # Not in the context of the request that happens to be the first.
                Context().run(self._start)

    def _start(self) -> None:
        running = ExitStack()
        with self._app.app_context():
            own = worker()
            running.enter_context(own.running())
        self._wake = own.wake
        # What is under way is finished before the process ends.
        atexit.register(running.close)

    def wake(self) -> None:
        """Let it look at once for what is due."""
        if self._wake:
            self._wake()


@click.command(
    "kryptogo",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True},
    short_help="KryptoGO payments: show, list, work, reconcile, review, replay, register.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@with_appcontext
def commands(arguments: tuple[str, ...]) -> None:
    """Run one of the commands of core/ops, which reads its arguments itself."""
    raise SystemExit(ops.main(list(arguments)))
