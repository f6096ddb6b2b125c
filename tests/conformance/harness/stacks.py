"""The combinations under test, as data. A further one is one more record here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from kgscaffold.answers import Answers, Database, Framework, LanguageName, ModuleSystem
from kgscaffold.stacks import answers_for, stack_of
from tests.conformance.harness.mysql import MysqlServer
from tests.conformance.harness.postgresql import PostgresqlServer
from tests.conformance.harness.sqlite import SqliteServer
from tests.conformance.instruments.express_knex import ExpressKnex
from tests.conformance.instruments.fastapi_sqlalchemy import FastapiSqlalchemy
from tests.conformance.instruments.flask_sqlalchemy import FlaskSqlalchemy
from tests.conformance.instruments.nestjs_typeorm import NestTypeorm
from tests.forms import name_of_form

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conformance.harness.database import DatabaseServer
    from tests.conformance.instruments import Instrument
    from tests.servers.reaper import Reaper

    _Server = Callable[[Reaper], DatabaseServer]


@dataclass(frozen=True)
class Stack:
    """One framework with one database, and what the suite must know of them."""

    framework: str
    database: str
    instrument: Instrument
    server: Callable[[Reaper], DatabaseServer]
    outage_server: Callable[[Reaper], DatabaseServer] | None
    """A server that may be stopped; None: each database is alone as it is."""
    one_writer: bool
    """The database admits one writing transaction at a time: acknowledgements wait for it."""
    schemes: tuple[str, ...]
    """What addresses of the database begin with, as hosting services give them."""
    form: str = ""
    """Its language and module system, `javascript_commonjs`; empty: the framework's usual ones."""

    @property
    def answers(self) -> Answers:
        """What `init` is told."""
        language, _, system = self.form.partition("_")
        return answers_for(
            "shop",
            Framework(self.framework),
            Database(self.database),
            LanguageName(language) if language else None,
            ModuleSystem(system) if system else None,
        )

    @property
    def in_python(self) -> bool:
        """Whether what knows the texts of Python's core concerns it."""
        return self.answers.language is LanguageName.PYTHON

    @property
    def flags(self) -> list[str]:
        """The same as flags."""
        language, _, system = self.form.partition("_")
        form = ["--language", language, "--module-system", system] if self.form else []
        return ["--framework", self.framework, "--database", self.database, *form]

    @property
    def name(self) -> str:
        """`<framework>-<database>`, with the form in between where it is not the usual one."""
        return f"{name_of_form(stack_of(self.answers))}-{self.database}"


_OWN_MYSQL = partial(MysqlServer, own=True)
_OWN_POSTGRESQL = partial(PostgresqlServer, own=True)
_FASTAPI = FastapiSqlalchemy()
_SQLITE, _POSTGRESQL = ("sqlite",), ("postgres", "postgresql")
_MYSQL = ("mysql", "mariadb", "mysql+pymysql", "mariadb+pymysql")
_FLASK = FlaskSqlalchemy()


def _express(database: str, form: str = "") -> Stack:
    """Express on a database, in one form."""
    return _node("express", database, ExpressKnex(form) if form else ExpressKnex(), form)


def _node(framework: str, database: str, instrument: Instrument, form: str = "") -> Stack:
    """A framework of Node's on a database, whose addresses name no driver."""
    if database == "sqlite":
        server: _Server = partial(SqliteServer, scheme="sqlite:")
        return Stack(framework, database, instrument, server, server, True, _SQLITE, form)
    if database == "mysql":
        schemes = ("mysql", "mariadb")
        return Stack(framework, database, instrument, MysqlServer, _OWN_MYSQL, False, schemes, form)
    server = partial(PostgresqlServer, scheme="postgresql")
    own = partial(_OWN_POSTGRESQL, scheme="postgresql")
    return Stack(framework, database, instrument, server, own, False, _POSTGRESQL, form)


_ALL = (
    Stack("fastapi", "sqlite", _FASTAPI, SqliteServer, None, True, _SQLITE),
    Stack("fastapi", "postgresql", _FASTAPI, PostgresqlServer, _OWN_POSTGRESQL, False, _POSTGRESQL),
    Stack("fastapi", "mysql", _FASTAPI, MysqlServer, _OWN_MYSQL, False, _MYSQL),
    Stack("flask", "sqlite", _FLASK, SqliteServer, None, True, _SQLITE),
    Stack("flask", "postgresql", _FLASK, PostgresqlServer, _OWN_POSTGRESQL, False, _POSTGRESQL),
    Stack("flask", "mysql", _FLASK, MysqlServer, _OWN_MYSQL, False, _MYSQL),
    _express("sqlite"),
    _express("postgresql"),
    _express("mysql"),
    # Each other form once: what differs between databases does not differ between forms.
    _express("sqlite", "javascript_esm"),
    _express("postgresql", "javascript_commonjs"),
    _express("mysql", "typescript_commonjs"),
    _node("nestjs", "sqlite", NestTypeorm()),
    _node("nestjs", "postgresql", NestTypeorm()),
    _node("nestjs", "mysql", NestTypeorm()),
    _node("nestjs", "postgresql", NestTypeorm("typescript_commonjs"), "typescript_commonjs"),
)
STACKS = {stack.name: stack for stack in _ALL}
