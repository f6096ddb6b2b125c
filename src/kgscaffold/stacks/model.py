"""The shape of the records that a combination is made of.

A cell is a core, a framework, a library and a driver. A framework names its cores, one a language,
and the libraries it works with, a library the drivers it has, a driver its database; none of them
names one further on, so that each is written once.

The records are named tuples, not dataclasses: every command needs them at once, and Python takes a
tenth of the time to make such a class.
"""

from __future__ import annotations

import re
from collections.abc import Container
from typing import NamedTuple

from kgscaffold.answers import Answers, Database, Framework, ModuleSystem
from kgscaffold.languages.model import Command, Language
from kgscaffold.migrations.model import MigrationTool

_NAME = r"@?[A-Za-z0-9][A-Za-z0-9._/-]*"


class Requirement(NamedTuple):
    """A package that a project needs, as its manifest asks for it: `httpx>=0.27,<1`.

    `why` is a remark above it. `brings` are packages that come with it, `untyped` modules of it
    that a strict type check has to take without types. `system` is the module system whose projects
    need it, where the others do not.
    """

    text: str
    why: str = ""
    development: bool = False
    brings: tuple[str, ...] = ()
    untyped: tuple[str, ...] = ()
    system: ModuleSystem | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The packages that are installed for it: its own first."""
        found = re.match(_NAME, self.text)
        return (found[0] if found else self.text, *self.brings)

    @property
    def versions(self) -> str:
        """The range of versions alone, `>=0.27,<1` or `^5`."""
        return self.text.removeprefix(self.names[0]).removeprefix("@")


class Commands(NamedTuple):
    """A project's own commands, as argument lists.

    `build` is empty where nothing is built. `work` runs beside `start` and settles the payments; it
    is empty where the server does that itself. `worker` is the same in any case, as a process of
    its own that signals reach. They may have the placeholders `{app}` and `{module}`, as the
    language names both in code, and `{run}` and `{run_module}`, the folders that run.
    """

    install: Command
    build: Command
    migrate: Command
    start: Command
    work: Command
    worker: Command
    ops: Command
    test: Command

    def document(self) -> dict[str, list[str]]:
        """Give those that there are by name, for JSON."""
        return {name: list(command) for name, command in self._asdict().items() if command}


class Core(NamedTuple):
    """The module's machinery in one language, and all that every project of it has.

    A layer of any record may have the placeholders `{language}` and `{form}`, the language and the
    module system: `typescript_esm`.
    """

    language: Language
    layers: tuple[str, ...]
    requirements: tuple[Requirement, ...]


class Driver(NamedTuple):
    """How a library reaches one database.

    `name` is what the library calls it in a URL, `scheme` how every URL of the database begins,
    with whatever driver. `url` may have the placeholder `{name}`, of the database or its file.
    `remark` is what a person should know before the first start.
    """

    database: Database
    name: str
    scheme: str
    url: str
    layers: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    remark: str = ""


class Library(NamedTuple):
    """A store: how some databases are reached from one form of the core."""

    layers: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    migrations: MigrationTool
    migrate: Command
    drivers: tuple[Driver, ...]


class FrameworkRecord(NamedTuple):
    """One web framework. Without cores: known, but not supported yet.

    The first core is the usual one. `releases` are its own, where each is of one module system.
    `server` is what runs its applications, `worker` the command where `ops` with `work` will not
    do.
    """

    name: Framework
    title: str
    cores: tuple[Core, ...] = ()
    releases: tuple[tuple[ModuleSystem, str], ...] = ()
    layers: tuple[str, ...] = ()
    libraries: tuple[Library, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    server: tuple[Requirement, ...] = ()
    start: Command = ()
    work: Command = ()
    worker: Command = ()
    ops: Command = ()


class DatabaseRecord(NamedTuple):
    """One database, whatever reaches it.

    `prepare` is what a person does before the first start; empty where there is no server.
    """

    name: Database
    title: str
    layers: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    prepare: str = ""


class Stack(NamedTuple):
    """One supported combination."""

    framework: FrameworkRecord
    core: Core
    library: Library
    driver: Driver
    database: DatabaseRecord
    system: ModuleSystem

    @property
    def language(self) -> Language:
        """The language of the project."""
        return self.core.language

    @property
    def layers(self) -> tuple[str, ...]:
        """The template layers to assemble, as folders below `templates/`."""
        parts = (self.core, self.framework, self.library, self.driver, self.database)
        language = str(self.language.name)
        form = f"{language}_{self.system}"
        return tuple(
            layer.format(language=language, form=form) for part in parts for layer in part.layers
        )

    @property
    def title(self) -> str:
        """The framework, with its release where the module system decides that."""
        release = dict(self.framework.releases).get(self.system)
        return f"{self.framework.name} {release}" if release else str(self.framework.name)

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """What the project needs, in the order of its manifest."""
        every = (
            *self.framework.requirements,
            *self.core.requirements,
            *self.framework.server,
            *self.library.requirements,
            *self.driver.requirements,
        )
        return tuple(one for one in every if one.system in {None, self.system})

    def commands(self, answers: Answers, files: Container[str] = ()) -> Commands:
        """Give the project's own commands; `files` are those of its folder, as far as known."""
        language = self.language
        names = {
            "app": answers.app_path,
            "module": language.module_import(answers.module),
            "run": language.run_path(answers.module),
            "run_module": language.run_module(answers.module),
        }
        commands = Commands(
            install=language.install,
            build=language.build,
            migrate=self.library.migrate,
            start=self.framework.start,
            work=self.framework.work,
            worker=self.framework.worker or (*self.framework.ops, "work"),
            ops=self.framework.ops,
            test=language.test,
        )
        named = (tuple(part.format(**names) for part in one) for one in commands)
        return Commands(*(language.by_manager(one, files) for one in named))
