"""The shape of the records that describe frameworks, databases and stores.

A framework and a database meet at a *runtime* and never name each other: the framework says which
runtime it is written for, the database which store serves it in each runtime.
"""

from __future__ import annotations

from dataclasses import dataclass

from kgscaffold.answers import Database, Framework

Command = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FrameworkRecord:
    """One web framework. `layers` empty: known, but not supported yet.

    The commands may contain the placeholders `{app}` and `{module}`, import paths both.
    """

    name: Framework
    title: str
    runtime: str = ""
    language: str = ""
    layers: tuple[str, ...] = ()
    environment: Command = ()
    activate: str = ""
    install: Command = ()
    start: Command = ()
    ops: Command = ()
    test: Command = ()


@dataclass(frozen=True, slots=True)
class Store:
    """How a family of databases is reached in one runtime.

    `parent_pattern` finds, in a migration, the revision it follows (group 1).
    """

    layers: tuple[str, ...]
    migrate: Command
    parent_pattern: str


@dataclass(frozen=True, slots=True)
class DatabaseRecord:
    """One database. `stores` maps a runtime to its store; empty: known, but not supported yet."""

    name: Database
    title: str
    stores: dict[str, Store]
    aliases: tuple[str, ...] = ()
    default_url: str = ""
    prepare: str = ""
