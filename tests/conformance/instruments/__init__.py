"""A user's edits to a scaffolded shop, made so that the suite sees what its handlers did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path


class Instrument(Protocol):
    """The edits for one framework and data library."""

    def add_effects(self, project: Path) -> None:
        """Make each handler leave a row in the table `effects`, and obey the fault files."""

    def remove_module(self, project: Path) -> None:
        """Unwire the callback module from the app, as a user would by deleting its line."""

    def import_command(self) -> list[str]:
        """A command that imports the app and starts nothing."""

    def back_command(self) -> list[str]:
        """A command that takes back the latest migrations: after some of it, there are none."""
