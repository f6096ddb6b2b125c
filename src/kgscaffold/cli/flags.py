"""How a command may talk, and how far it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from kgscaffold.output import Output


class Flags(NamedTuple):
    """The flags that `init` and `update` share; `check` is of `update` alone."""

    dry_run: bool
    diff: bool
    yes: bool
    no_input: bool
    check: bool = False

    @property
    def writes(self) -> bool:
        """Whether anything may be written."""
        return not (self.check or self.dry_run)

    @property
    def agreed(self) -> bool:
        """Whether the plan needs no confirmation."""
        return self.yes or self.no_input

    def asks(self, output: Output) -> bool:
        """Tell whether questions may be asked."""
        from kgscaffold.cli.prompts import is_interactive

        return not self.no_input and not output.json_mode and is_interactive()

    def confirms(self, output: Output) -> bool:
        """Tell whether what has a default, and the plan, is asked as well."""
        return self.asks(output) and not self.yes
