"""What typer is told about every command, and the commands it makes of it."""

from __future__ import annotations

from collections.abc import Callable
from inspect import get_annotations
from typing import Any, TypeVar

from typer import Typer
from typer.core import TyperArgument, TyperCommand, TyperOption

Function = TypeVar("Function", bound=Callable[..., object])

# Its own help, errors and tracebacks take rich, which takes longer than most commands.
PLAIN: dict[str, Any] = {
    "add_completion": False,
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
}


class _TextOption(TyperOption):
    """An option whose text is taken as it is."""

    def process_value(self, ctx: Any, value: Any) -> Any:
        """Give the value as the command gets it."""
        if _needs_conversion(self, value):
            return super().process_value(ctx, value)
        return value if self.callback is None else self.callback(ctx, self, value)


class _TextArgument(TyperArgument):
    """An argument whose text is taken as it is."""

    def process_value(self, ctx: Any, value: Any) -> Any:
        """Give the value as the command gets it."""
        if _needs_conversion(self, value):
            return super().process_value(ctx, value)
        return value if self.callback is None else self.callback(ctx, self, value)


class Command(TyperCommand):
    """A command of typer's that converts only the values that need it."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Give the parameters, the one for help as well."""
        return unconverted(super().get_params(ctx))


def unconverted(parameters: list[Any]) -> list[Any]:
    """Make parameters take texts as they are; gives the same list.

    typer has pydantic look at the value of every parameter but a flag that was given, also where
    there is none; importing pydantic takes longer than a command has for its first output.
    """
    for parameter in parameters:
        if isinstance(parameter, TyperOption):
            parameter.__class__ = _TextOption
        elif isinstance(parameter, TyperArgument):
            parameter.__class__ = _TextArgument
    return parameters


def command(*, epilog: str) -> tuple[Typer, Callable[[Function], Function]]:
    """Give a command's application, and what makes a function its one command.

    The function's docstring is the help, `epilog` its end, see `help_end`.
    """
    application = Typer(**PLAIN)

    def make(function: Function) -> Function:
        # Evaluated once: typer does it four times, and compiles each of them anew.
        function.__annotations__ = get_annotations(function, eval_str=True)
        return application.command(cls=Command, epilog=epilog)(function)

    return application, make


def _needs_conversion(parameter: TyperOption | TyperArgument, value: Any) -> bool:
    """Tell whether a value is not what the command gets already: no text, or a missing one."""
    if value is None:
        return parameter.required
    return parameter.type_descriptor.annotation not in {str, list[str]}
