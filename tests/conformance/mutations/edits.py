"""A remedy taken away: textual changes of a rendered project that a rule must notice."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conformance.harness.stacks import Stack

_WORD = re.compile(r"\w+|[^\w\s]")
_WAITS = re.compile(r"\b(?:async|await)\s+")


@dataclass(frozen=True)
class Edit:
    """A text of one layer, and what takes its place; in Python both in the async form.

    How the text is broken into lines, and whether it awaits, does not matter. `new` is indented as
    the line is that it begins in.
    """

    path: str
    """The end of the file's path: where a project keeps its app is its framework's own."""
    old: str
    new: str

    def apply(self, project: Path) -> bool:
        """Change the project where it has the file, and the text in it once; say whether."""
        for file in sorted(project.rglob(self.path)):
            text = file.read_text()
            found = _places(text, self.old)
            if len(found) != 1:
                continue
            ((start, end),) = found
            changed = text[:start] + self._fitting(text, start) + text[end:]
            if file.suffix == ".py":
                compile(changed, file, "exec")  # else anything at all would fail
            file.write_text(changed)
            return True
        return False

    def _fitting(self, text: str, start: int) -> str:
        """Give `new` as it is written at that place of the text."""
        line = text[:start].rpartition("\n")[2]
        indented = self.new.replace("\n", "\n" + " " * (len(line) - len(line.lstrip())))
        return indented if _WAITS.search(text) else _WAITS.sub("", indented)


def _places(text: str, sought: str) -> list[tuple[int, int]]:
    """Give where the words of `sought` stand in the text, whatever is between them."""
    waits = ("async", "await")
    words = [word for word in _WORD.finditer(text) if word[0] not in waits]
    wanted = [word for word in _WORD.findall(sought) if word not in waits]
    there, length = [word[0] for word in words], len(wanted)
    starts = (at for at in range(len(there)) if there[at : at + length] == wanted)
    return [(words[at].start(), words[at + length - 1].end()) for at in starts]


@dataclass(frozen=True)
class Mutation:
    """One remedy taken away, and the rule that fails without it."""

    why: str
    rule: str
    edits: tuple[Edit, ...]
    """One a layer that has the remedy: the first that finds its text is made."""
    one_writer: bool | None = None
    """Of which databases this is a remedy; None: of all."""
    framework: str | None = None
    says: str = ""
    """What is told where not even the start succeeds."""

    def concerns(self, stack: Stack) -> bool:
        """Say whether the stack has this remedy."""
        writers = self.one_writer in (None, stack.one_writer)
        return writers and self.framework in (None, stack.framework)

    def apply(self, project: Path) -> None:
        """Change the project; raises ValueError where no edit finds its text."""
        if not any(edit.apply(project) for edit in self.edits):
            raise ValueError(f"no text of this mutation is in the project: {self.why}")
