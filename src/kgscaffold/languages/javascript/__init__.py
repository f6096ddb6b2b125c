"""How source in JavaScript and TypeScript is read, ES modules and CommonJS alike.

By tree-sitter's grammars, which are imported when there is a text to read. Python keeps its own
parser, which knows more of a program than a grammar does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kgscaffold.languages.model import Language

if TYPE_CHECKING:
    from kgscaffold.languages.source import Block, Parts, Scope, Statement, Tags


class Script(Language):
    """A language that one of some grammars reads: the first that fits a text does."""

    grammars: tuple[str, ...] = ("javascript",)
    reads_statements = True

    def is_sound(self, text: str) -> bool | None:
        """Tell whether a program parses, and binds no name twice in a block."""
        from kgscaffold.languages.javascript import sound, tree

        root = tree.parsed(text.split("\n"), self.grammars)
        if root is None:
            return False
        return None if tree.is_too_deep(root) else sound.is_sound(root)

    def scopes(self, lines: Sequence[str]) -> Tags | None:
        """Give the definition around each line; None where the lines do not parse."""
        from kgscaffold.languages.javascript.scope import scopes

        return scopes(lines, self.grammars)

    def scopes_of_broken(self, lines: Sequence[str]) -> Tags:
        """Give the same by the first lines of definitions alone."""
        from kgscaffold.languages.javascript.scope import DEFINITION_LINE
        from kgscaffold.languages.source import headed

        return headed(DEFINITION_LINE, lines)

    def blocks(self, lines: Sequence[str]) -> list[Block] | None:
        """Give the definitions and statements, None where the lines do not parse."""
        from kgscaffold.languages.javascript.blocks import blocks

        return blocks(lines, self.grammars)

    def parts(self, lines: Sequence[str]) -> dict[Scope, Parts] | None:
        """Give the named parts of calls and literals, None where the lines do not parse."""
        from kgscaffold.languages.javascript.parts import parts

        return parts(lines, self.grammars)

    def offered(self, path: str, text: str) -> frozenset[str]:
        """Give a module's name and those of what it defines; none where it does not parse."""
        from kgscaffold.languages.javascript.uses import offered

        return offered(path, text, self.grammars)

    def used(self, path: str, text: str) -> frozenset[str]:
        """Give the names that a file imports, or reaches through what it imports."""
        from kgscaffold.languages.javascript.uses import used

        return used(path, text, self.grammars)

    def statements(self, text: str) -> list[Statement]:
        """Give the top-level statements. Raises SyntaxError, also for two that share a line."""
        from kgscaffold.languages.javascript.statements import statements

        return statements(text, self.grammars)
