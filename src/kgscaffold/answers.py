"""What a project was generated from: the answers of its owner."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

DEFAULT_MODULE = "app/kryptogo"
NODE_MODULE = "src/kryptogo"
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


class LanguageName(StrEnum):
    """The languages that a project can be written in, supported yet or not."""

    PYTHON = "python"
    TYPESCRIPT = "typescript"
    JAVASCRIPT = "javascript"


class ModuleSystem(StrEnum):
    """How one file of a project names another."""

    PACKAGE = "package"
    ESM = "esm"
    COMMONJS = "commonjs"


class Policy(StrEnum):
    """Who owns a generated file, and so what an update may do to it (docs/regeneration.md)."""

    OWNED = "owned"
    SEEDED = "seeded"
    ONCE = "once"
    PATCH = "patch"


class Answers(NamedTuple):
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
    language: LanguageName = LanguageName.PYTHON
    module_system: ModuleSystem = ModuleSystem.PACKAGE

    @property
    def app_path(self) -> str:
        """The folder of the app around the generated package, `app`."""
        return self.module.partition("/")[0]
