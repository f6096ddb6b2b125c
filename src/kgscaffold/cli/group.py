"""The commands by name; the module of one is imported when it is needed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from typer.core import TyperCommand, TyperGroup

from kgscaffold.cli.command import unconverted

if TYPE_CHECKING:
    from typer import Typer


class Entry(NamedTuple):
    """A command in the list of all: its module in this package, and a line about it."""

    module: str
    about: str


COMMANDS = {
    "init": Entry("init", "Write a new shop that takes KryptoGO payments."),
    "update": Entry("update", "Bring the newest templates to a project; edits are kept."),
    "status": Entry("status", "Tell what became of the generated files."),
    "undo": Entry("undo", "Take back the last init, update or eject, byte for byte."),
    "eject": Entry("eject", "Leave plain code: no headers, no lock, no updates."),
    "demo": Entry("demo", "See five payments settled: the first minute."),
    "simulate": Entry("simulate", "Run a local KryptoGO, with which no money moves."),
    "matrix": Entry("matrix", "List the supported combinations."),
    "regenerate": Entry("update", "Bring the newest templates to a project; edits are kept."),
}


class Commands(TyperGroup):
    """The group of all commands, which knows them by name until one of them is used."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for name, entry in COMMANDS.items():
            self.add_command(TyperCommand(name, short_help=entry.about))

    def get_params(self, ctx: Any) -> list[Any]:
        """Give the parameters of the group itself."""
        return unconverted(super().get_params(ctx))

    def resolve_command(
        self, ctx: Any, args: list[str]
    ) -> tuple[str | None, TyperCommand | None, list[str]]:
        """Give the command that the arguments begin with, in full, and the rest of them."""
        name, known, rest = super().resolve_command(ctx, args)
        return name, None if known is None else _load(str(known.name)), rest


def _load(name: str) -> TyperCommand:
    from typer.main import get_command

    application: Typer = import_module(f"kgscaffold.cli.{COMMANDS[name].module}").application
    loaded = get_command(application)
    if not isinstance(loaded, TyperCommand):
        raise TypeError(f"{name} is not one command")
    return loaded
