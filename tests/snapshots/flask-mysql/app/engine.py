# kgscaffold:id=app/engine
"""MySQL or MariaDB, as the shop uses it: no wait for it is without an end."""

from typing import Any

from sqlalchemy import Engine, event

from app.kryptogo.core.concurrency import seconds_left

SCHEMES = ("mysql", "mariadb")
CONNECT_SECONDS = 5
LOCK_SECONDS = 35
"""The longest wait for a row or a table: more than the 30 s of a handler."""
ANSWER_SECONDS = LOCK_SECONDS + 5
OPTIONS = {
    "hide_parameters": True,
    # The usual REPEATABLE READ locks the places between rows as well, where others insert.
    "isolation_level": "READ COMMITTED",
    "pool_size": 20,
    "max_overflow": 0,
    "pool_timeout": 2,
    "pool_recycle": 600,  # the server ends a connection that is idle for long
    "connect_args": {
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": CONNECT_SECONDS,  # of the greeting; then see `configure`
        "write_timeout": ANSWER_SECONDS,
        "init_command": (
            f"SET innodb_lock_wait_timeout = {LOCK_SECONDS}, lock_wait_timeout = {LOCK_SECONDS}"
        ),
    },
}


def configure(engine: Engine) -> None:
    """Let each transaction wait for an answer as long as its thread may."""

    @event.listens_for(engine, "checkout")
    def limit(connection: Any, *_: object) -> None:
        # PyMySQL has no other way to change it, and asks for it at every answer.
        connection._read_timeout = max(0.1, min(ANSWER_SECONDS, seconds_left()))
