"""The shape of the records that describe frameworks, databases and stores.

A framework and a database meet at a *runtime* and never name each other: the framework says which
runtime it is written for, the database which store serves it in each runtime.

The records are named tuples, not dataclasses: every command needs them at once, and Python takes a
tenth of the time to make such a class.
"""

from __future__ import annotations

from typing import NamedTuple

from kgscaffold.answers import Database, Framework

Command = tuple[str, ...]


class FrameworkRecord(NamedTuple):
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


class Store(NamedTuple):
    """How a family of databases is reached in one runtime.

    `parent_pattern` finds, in a migration, the revision it follows (group 1).
    """

    layers: tuple[str, ...]
    migrate: Command
    parent_pattern: str


class DatabaseRecord(NamedTuple):
    """One database. `stores` maps a runtime to its store; empty: known, but not supported yet."""

    name: Database
    title: str
    stores: dict[str, Store]
    aliases: tuple[str, ...] = ()
    default_url: str = ""
    prepare: str = ""
