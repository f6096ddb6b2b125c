"""What the sync form of the generated code says where the async form says something else."""

from __future__ import annotations

# Names and keywords, wherever they stand in code. An empty one goes away.
NAMES = {
    "async": "",
    "await": "",
    "AbstractAsyncContextManager": "AbstractContextManager",
    "AsyncClient": "Client",
    "AsyncExitStack": "ExitStack",
    "AsyncIterator": "Iterator",
    "AsyncSession": "Session",
    "aclose": "close",
    "aiter_bytes": "iter_bytes",
    "async_sessionmaker": "sessionmaker",
    "asynccontextmanager": "contextmanager",
    "enter_async_context": "enter_context",
}

# Types of something to be awaited: what stays is their last argument.
AWAITED = frozenset({"Awaitable", "Coroutine"})

# Code as it is written, before its tokens are looked at, by the sources it stands in. Each must
# occur somewhere.
CODE = {
    "": {
        "from sqlalchemy.ext.asyncio import": "from sqlalchemy.orm import",
    },
    "python/core": {
        "run(answer(args))": "answer(args)",
    },
    "python/sqlalchemy": {
        "(await tx.connection()).run_sync(missing)": "missing(await tx.connection())",
        "tx.sync_session": "tx",
    },
    "python/dialects/postgresql": {
        # psycopg's errors come wrapped; one without an SQLSTATE is of the connection itself.
        "import asyncpg\n": "",
        ", asyncpg.PostgresError, asyncpg.InterfaceError)": ")",
        "import DBAPIError, SQLAlchemyError": "import OperationalError, SQLAlchemyError",
        "isinstance(error, DBAPIError) and error.connection_invalidated": (
            "isinstance(error, OperationalError) and not state"
        ),
        '"""An aware UTC time: asyncpg gives the end of time without a zone."""': (
            '"""An aware UTC time: psycopg gives it in the zone of the connection."""'
        ),
        "value.replace(tzinfo=UTC)": "value.astimezone(UTC)",
    },
    "python/fastapi": {
        # The server's event loop waits for threads, and for none longer than it may.
        "import re\n": "import asyncio\nimport re\n",
        "from fastapi import APIRouter, FastAPI, Request\n": (
            "from fastapi import APIRouter, FastAPI, Request\n"
            "from fastapi.concurrency import contextmanager_in_threadpool\n"
        ),
        "await check_start()": "await asyncio.to_thread(check_start)",
        "async with worker().running() as": (
            "async with contextmanager_in_threadpool(worker().running()) as"
        ),
        "time_limit(STORE_SECONDS)": "asyncio.timeout(STORE_SECONDS)",
        "await accept(delivery, keep_unregistered=keep)": (
            "await asyncio.to_thread(accept, delivery, keep)"
        ),
    },
    "shop/fastapi/tests": {
        # On threads, and with Flask's sessions and logs.
        "import asyncio\n": "",
        "pytestmark = pytest.mark.anyio\n": "",
        "from {{ app_import }} import db\n": "from {{ module_import }}.config import sessions\n",
        "db.sessions.begin()": "sessions.begin()",
        "from {{ module_import }}.core.database import Tx\n": (
            "from {{ module_import }}.core.concurrency import together\n"
            "from {{ module_import }}.core.database import Tx\n"
        ),
        "asyncio.gather(*(send(shop, intent, status) for status in statuses))": (
            "together(lambda status: send(shop, intent, status), statuses)"
        ),
        "asyncio.gather(*(process_due() for _ in range(4)))": (
            "together(lambda _: process_due(), range(4))"
        ),
        "uvicorn.access": "werkzeug",
    },
}

# Comments and docstrings. Each must occur somewhere.
PROSE: dict[str, str] = {}

# What no derived file may contain, in code or prose: the lists above lack something then.
LEFTOVERS = (
    r"async",
    r"await",
    r"\basyncpg\b",
    r"\baio",
    r"\bcoroutine",
    r"\bevent loop",
    r"\bgreenlet",
    r"\brun_sync",
)
