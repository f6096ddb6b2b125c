"""Applications as their users wrote them, and the module put into them as a user would wire it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kgscaffold.answers import Answers, Database, Framework, Policy
from kgscaffold.plan.migrations import chained
from kgscaffold.render import render
from kgscaffold.stacks.hosts import FASTAPI_SYNC, SQLALCHEMY_SYNC, SQLMODEL, module_of
from kgscaffold.verify.process import Project
from tests.conformance.harness.installation import environment_for, program_path
from tests.conformance.harness.postgresql import PostgresqlServer
from tests.conformance.harness.sqlite import SqliteServer
from tests.conformance.harness.stacks import Stack
from tests.conformance.instruments.fastapi_sync import FastapiSync

if TYPE_CHECKING:
    from collections.abc import Callable

    from kgscaffold.stacks.model import Library
    from tests.servers.reaper import Reaper

_HERE = Path(__file__).parent
_SERVE = "exec python -m uvicorn app.main:app --host ${HOST:-127.0.0.1} --port $PORT"
COMMANDS = {
    "install": ["python", "-m", "pip", "install", "-e", ".[dev]"],
    "migrate": ["python", "-m", "alembic", "upgrade", "head"],
    "start": ["sh", "-c", f"{_SERVE} --timeout-graceful-shutdown 30"],
    "ops": ["python", "-m", "app.kryptogo"],
    "worker": ["python", "-m", "app.kryptogo", "work"],
    "test": ["python", "-m", "pytest", "-q"],
}


@dataclass(frozen=True)
class Host:
    """One application: a folder here, and beside it what its user changes to have the module."""

    name: str
    library: Library

    def copied(self, folder: Path) -> None:
        """Make the folder the application as it was."""
        shutil.copytree(_HERE / self.name, folder, ignore=shutil.ignore_patterns("__pycache__"))

    def wired(self, folder: Path, database: Database) -> None:
        """Put the module into the folder, after its own migrations, and write the user's lines."""
        stack = module_of(FASTAPI_SYNC, self.library, database)
        files = list(render(Answers(Framework.FASTAPI, database, self.name), stack=stack).values())
        there = {
            path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.py")
        }
        migrations = [file for file in files if file.policy is Policy.ONCE]
        others = [file for file in files if file.policy is not Policy.ONCE]
        for file in [*others, *chained(self.library.migrations, migrations, there)]:
            path = folder / file.path
            assert not path.exists(), f"{file.path} is the application's own"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
        lines = str(_HERE / f"{self.name}.diff")
        subprocess.run(["git", "apply", "--whitespace=error", lines], cwd=folder, check=True)

    def project(
        self, stack: Stack, folder: Path, reaper: Reaper, edit: Callable[[Path], None] | None = None
    ) -> Project:
        """Give the application with the module in it, installed, on the stack's database."""
        self.copied(folder)
        self.wired(folder, Database(stack.database))
        if edit is not None:
            edit(folder)
        programs = environment_for(self.name, COMMANDS["install"], folder)
        return Project(folder, COMMANDS, program_path(programs), reaper)


@dataclass(frozen=True)
class HostStack(Stack):
    """A host on one database."""

    host: str = ""

    @property
    def name(self) -> str:
        """`<host>-<database>`."""
        return f"{self.host}-{self.database}"


_sqlite = partial(SqliteServer, scheme="sqlite:///")
_postgresql = partial(PostgresqlServer, scheme="postgresql+psycopg")
_own_postgresql = partial(_postgresql, own=True)
_ON_SQLITE = HostStack("fastapi", "sqlite", FastapiSync(), _sqlite, None, True, ())
_ON_POSTGRESQL = HostStack(
    "fastapi", "postgresql", FastapiSync(), _postgresql, _own_postgresql, False, ()
)
HOSTS = {
    host.name: host
    for host in (Host("fastapi_sync", SQLALCHEMY_SYNC), Host("fastapi_sqlmodel", SQLMODEL))
}
STACKS = {
    stack.name: stack
    for stack in (
        replace(_ON_SQLITE, host="fastapi_sync"),
        replace(_ON_POSTGRESQL, host="fastapi_sync"),
        replace(_ON_SQLITE, host="fastapi_sqlmodel"),
    )
}
