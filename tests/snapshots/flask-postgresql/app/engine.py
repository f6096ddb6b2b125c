# kgscaffold:id=app/engine
"""PostgreSQL, as the shop uses it: no wait for it is without an end."""

from collections.abc import Generator
from time import monotonic
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Dialect, Engine, event

from app.kryptogo.core.concurrency import seconds_left

SCHEMES = ("postgres",)
STATEMENT_SECONDS = 35
"""The longest wait for a statement, or the lock it needs: more than the 30 s of a handler."""
OPTIONS = {
    "hide_parameters": True,
    "pool_size": 20,
    "max_overflow": 0,
    "pool_timeout": 2,
    "connect_args": {"connect_timeout": 5, "options": "-c timezone=utc"},
}
T = TypeVar("T")


class Connection(psycopg.Connection[Any]):
    """One that gives up: a frozen server sends no error, and its thread would wait for ever."""

    def wait(
        self, gen: Generator[Any, Any, T], interval: float = 0.1, timeout: float | None = None
    ) -> T:
        """What the server answers to a statement. Raises OperationalError where it does not."""
        return super().wait(self._bounded(gen), interval)

    def _bounded(self, answer: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        give_up = monotonic() + min(STATEMENT_SECONDS, seconds_left())
        try:
            wanted = next(answer)
            while True:
                ready = yield wanted
                if not ready and monotonic() > give_up:
                    self.close()
                    raise psycopg.OperationalError("the database does not answer")
                wanted = answer.send(ready)
        except StopIteration as done:
            answered: T = done.value
            return answered


def configure(engine: Engine) -> None:
    """Let the pool have such connections."""

    @event.listens_for(engine, "do_connect")
    def connect(
        dialect: Dialect, record: object, arguments: tuple[Any, ...], options: dict[str, Any]
    ) -> Connection:
        return Connection.connect(*arguments, **options)
