"""What a project was generated from: the answers of its owner."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

DEFAULT_MODULE = "app/kryptogo"
DEFAULT_ROUTE = "/api/payment/callback"
OFFERED_ROUTES = (DEFAULT_ROUTE, "/webhook/kryptogo")
DEFAULT_ORDERS_TABLE = "orders"
DEFAULT_ORDER_DATA_KEY = "order_id"


class Framework(StrEnum):
    """The web frameworks kgscaffold knows of, supported yet or not."""

    EXPRESS = "express"
    FLASK = "flask"
    FASTAPI = "fastapi"
    NESTJS = "nestjs"


class Database(StrEnum):
    """The databases kgscaffold knows of, supported yet or not."""

    POSTGRESQL = "postgresql"
    MYSQL = "mysql"
    SQLITE = "sqlite"
    MONGODB = "mongodb"


class Policy(StrEnum):
    """Who owns a generated file, and so what an update may do to it (docs/regeneration.md)."""

    OWNED = "owned"
    SEEDED = "seeded"
    ONCE = "once"
    PATCH = "patch"


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything the rendering depends on; kept in the lock, so no path of a machine.

    `project_name` is the folder's name as a package name, fixed at `init`: a clone into another
    folder renders the same. `module` is the generated package's path, `PACKAGE/NAME`.
    """

    framework: Framework
    database: Database
    project_name: str
    module: str = DEFAULT_MODULE
    route: str = DEFAULT_ROUTE
    orders_table: str = DEFAULT_ORDERS_TABLE
    order_data_key: str = DEFAULT_ORDER_DATA_KEY

    @property
    def module_import(self) -> str:
        """The generated package as Python imports it, `app.kryptogo`."""
        return self.module.replace("/", ".")

    @property
    def app_path(self) -> str:
        """The folder of the app around the generated package, `app`."""
        return self.module.partition("/")[0]


_DISTRIBUTIONS = frozenset(
    "aiosqlite alembic anyio asyncpg copier fastapi greenlet httpx kgscaffold mypy pip pydantic"
    " pytest python-dotenv ruff setuptools sqlalchemy starlette uvicorn".split()
)


def project_name_of(folder_name: str) -> str:
    """Give a folder's name as a package name (PEP 503); `shop` when nothing of it is left.

    A project named like one of its own dependencies could not be installed, so those get `-shop`.
    """
    ascii_name = unicodedata.normalize("NFKD", folder_name).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", ascii_name.lower()).strip("-")[:60].strip("-") or "shop"
    return f"{name}-shop" if name in _DISTRIBUTIONS else name
