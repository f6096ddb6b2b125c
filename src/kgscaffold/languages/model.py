"""What kgscaffold has to know of a language. A file of one that it cannot read is plain text."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import TYPE_CHECKING

from kgscaffold.answers import LanguageName, ModuleSystem

if TYPE_CHECKING:
    from kgscaffold.languages.source import Block, Parts, Scope, Statement, Tags

Command = tuple[str, ...]


class InvalidValueError(ValueError):
    """A value that breaks its rule; the text is the rule."""


class Language:
    """All that depends on a language.

    The methods that read source are, as they stand here, those of a language without a parser: the
    merge then takes its files as text. What raises NotImplementedError has no answer that would do
    for any language: how a module may be called, and statements, for which `reads_statements` asks
    first. No abstract class: one without a parser is used as it stands.
    """

    name: LanguageName
    title: str
    module_systems: tuple[ModuleSystem, ...]
    suffixes: tuple[str, ...]
    manifest: str
    """The id of the file that names what a project needs: when it changes, `install` is due."""

    default_module: str
    built = ""
    """The folder that `build` makes of the app, and that runs; empty where the app itself does."""

    packages: str
    """The folder that `install` fills."""
    environment: Command = ()
    """Makes what `install` needs, if anything; `activate` is the line of a shell that enters it."""
    activate: str = ""
    install: Command = ()
    build: Command = ()
    test: Command = ()

    reads_statements = False
    """Whether its files can be patched statement by statement."""

    def module_import(self, module: str) -> str:
        """Give how code names the module in a folder, PACKAGE/NAME."""
        return module

    def run_path(self, module: str) -> str:
        """Give the folder of the app as it runs."""
        return self.built or module.partition("/")[0]

    def run_module(self, module: str) -> str:
        """Give the folder of the module as it runs."""
        return f"{self.run_path(module)}/{module.partition('/')[2]}"

    def by_manager(self, command: Command, files: Container[str]) -> Command:
        """Give a command as whatever manages the packages is asked, by the files beside it."""
        return command

    def lacking(self) -> str:
        """Give what this machine lacks to run it, and what to do; empty if nothing is known."""
        return ""

    def module_path(self, text: str) -> str:
        """Give the module's path, PACKAGE/NAME; a trailing slash is dropped.

        Raises InvalidValueError with the rule of the language that is broken.
        """
        raise NotImplementedError

    def free_module(self, text: str, installed: Container[str]) -> str:
        """Give the module's path for a project that has no such module yet.

        Raises InvalidValueError also for one that would hide what is `installed`, or a file of the
        shop. That is not asked of a project that has it: both may have come later.
        """
        raise NotImplementedError

    def package_of(self, distribution: str) -> str:
        """Give the name by which code imports a package that is called so when it is installed."""
        return distribution

    def is_sound(self, text: str) -> bool | None:
        """Tell whether a text parses; None where that cannot be known."""
        return None

    def scopes(self, lines: Sequence[str]) -> Tags | None:
        """Give the definition around each line; None where the lines do not parse."""
        return ("",) * len(lines)

    def scopes_of_broken(self, lines: Sequence[str]) -> Tags:
        """Give the same by the first lines of definitions alone, for texts that do not parse."""
        return ("",) * len(lines)

    def blocks(self, lines: Sequence[str]) -> list[Block] | None:
        """Give the definitions and statements, None where there is no telling."""
        return None

    def parts(self, lines: Sequence[str]) -> dict[Scope, Parts] | None:
        """Give the named parts of calls and literals by scope, kind and name, None as above."""
        return None

    def offered(self, path: str, text: str) -> frozenset[str]:
        """Give the name of a file's module and those of what others can use of it, in full."""
        return frozenset()

    def used(self, path: str, text: str) -> frozenset[str]:
        """Give the names of modules, and of what is in them, that a file uses, in full."""
        return frozenset()

    def statements(self, text: str) -> list[Statement]:
        """Give the top-level statements, where the language `reads_statements`.

        Raises SyntaxError where the text does not parse.
        """
        raise NotImplementedError
