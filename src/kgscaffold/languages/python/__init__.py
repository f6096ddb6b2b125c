"""Python: what its projects are called, installed and tested with, and how its source is read."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Container, Sequence
from typing import TYPE_CHECKING

from kgscaffold.answers import DEFAULT_MODULE, LanguageName, ModuleSystem
from kgscaffold.languages.model import InvalidValueError, Language

if TYPE_CHECKING:
    from kgscaffold.languages.source import Block, Parts, Scope, Statement, Tags

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
# What stands beside the app and in it already: the shop's own.
_FOLDERS = frozenset({"migrations", "tests", "build", "dist"})
_MODULES = frozenset({"db", "main", "orders", "shop"})
_PACKAGES = {"python-dotenv": "dotenv"}


class Python(Language):
    """Python 3.11 and later."""

    name = LanguageName.PYTHON
    title = "Python"
    module_systems = (ModuleSystem.PACKAGE,)
    suffixes = (".py", ".pyi")
    manifest = "project/pyproject"
    default_module = DEFAULT_MODULE
    reads_statements = True

    packages = ".venv"
    environment = ("python3", "-m", "venv", ".venv")
    activate = ". .venv/bin/activate"
    install = ("python", "-m", "pip", "install", "-e", ".[dev]")
    test = ("python", "-m", "pytest")

    def module_import(self, module: str) -> str:
        """Give the module in a folder as code imports it, `app.kryptogo`."""
        return module.replace("/", ".")

    def module_path(self, text: str) -> str:
        """Give the package's path, PACKAGE/NAME; a trailing slash is dropped.

        Raises InvalidValueError with the rule that is broken.
        """
        parts = text.removesuffix("/").split("/")
        if len(parts) != 2 or not all(_NAME.fullmatch(part) for part in parts):
            raise InvalidValueError(
                "must be PACKAGE/NAME such as app/kryptogo: two Python identifiers of lower-case"
                " letters, digits and underscores, each starting with a letter (at most 40"
                " characters)"
            )
        for part in parts:
            if keyword.iskeyword(part) or keyword.issoftkeyword(part):
                raise InvalidValueError(f"must not contain the Python keyword {part!r}")
        if parts[0] in sys.stdlib_module_names:
            raise InvalidValueError(f"must not hide the installed Python package {parts[0]!r}")
        return "/".join(parts)

    def free_module(self, text: str, installed: Container[str]) -> str:
        """Give the package's path for a project that has no such package yet.

        Raises InvalidValueError also for one that would hide what is `installed`, or a file of the
        shop.
        """
        path = self.module_path(text)
        package, name = path.split("/")
        if package in installed:
            raise InvalidValueError(f"must not hide the installed Python package {package!r}")
        if package in _FOLDERS or name in _MODULES:
            raise InvalidValueError(f"must not take a name the shop itself uses ({path})")
        return path

    def package_of(self, distribution: str) -> str:
        """Give the name by which code imports what is installed under another, perhaps."""
        return _PACKAGES.get(distribution, distribution.lower().replace("-", "_"))

    def is_sound(self, text: str) -> bool:
        """Tell whether a program compiles, which sees more than a parser: a keyword given twice."""
        import warnings

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(text, "<merged>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
        return True

    def scopes(self, lines: Sequence[str]) -> Tags | None:
        """Give the definition around each line; None where the lines do not parse."""
        from kgscaffold.languages.python.scope import scopes

        return scopes(lines)

    def scopes_of_broken(self, lines: Sequence[str]) -> Tags:
        """Give the same by the first lines of definitions alone."""
        from kgscaffold.languages.python.scope import DEFINITION_LINE
        from kgscaffold.languages.source import headed

        return headed(DEFINITION_LINE, lines)

    def blocks(self, lines: Sequence[str]) -> list[Block] | None:
        """Give the definitions and statements, None where the lines do not parse."""
        from kgscaffold.languages.python.blocks import blocks

        return blocks(lines)

    def parts(self, lines: Sequence[str]) -> dict[Scope, Parts] | None:
        """Give the named parts of calls and literals, None where the lines do not parse."""
        from kgscaffold.languages.python.parts import parts

        return parts(lines)

    def offered(self, path: str, text: str) -> frozenset[str]:
        """Give a module's name and those of what it defines; none where it does not parse."""
        from kgscaffold.languages.python.uses import offered

        return offered(path, text)

    def used(self, path: str, text: str) -> frozenset[str]:
        """Give the names that a file imports, or reaches through what it imports."""
        from kgscaffold.languages.python.uses import used

        return used(path, text)

    def statements(self, text: str) -> list[Statement]:
        """Give the top-level statements. Raises SyntaxError, also for two that share a line."""
        from kgscaffold.languages.python.statements import statements

        return statements(text)


PYTHON = Python()
