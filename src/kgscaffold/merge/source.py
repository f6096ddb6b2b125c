"""A file's text as lines, with the line endings, byte order mark and final newline it came with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kgscaffold.merge.model import Reason, Refusal
from kgscaffold.merge.parse import has_markers

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Source:
    """The lines of a file without their ends, and each line's own end (the last may have none)."""

    lines: tuple[str, ...]
    ends: tuple[str, ...]
    bom: bool = False

    @property
    def end(self) -> str:
        """The end that most lines have, for lines that come from elsewhere."""
        windows = sum(end == "\r\n" for end in self.ends)
        return "\r\n" if windows > len(self.ends) - windows else "\n"

    @property
    def text(self) -> str:
        """The lines, each with a plain newline."""
        return "".join(f"{line}\n" for line in self.lines)

    @classmethod
    def of(cls, text: str) -> Source:
        """Give a text as lines."""
        return cls(*_split(text))

    def cut(self, places: range) -> tuple[str, ...]:
        """Give some of the lines."""
        return self.lines[places.start : places.stop]

    def write(self, lines: Iterable[tuple[str, str | None]]) -> bytes:
        """Give a content of other lines in the manner of this file.

        Each line comes with its own end, or None for this file's usual one.
        """
        usual = self.end
        content = "".join(f"{line}{end or usual}" for line, end in lines)
        if content and self.ends and not self.ends[-1]:
            content = content.removesuffix("\n").removesuffix("\r")
        return (BOM if self.bom else b"") + content.encode()


def read_source(content: bytes) -> Source | Refusal:
    """Give a content as lines, or why it has none: it is binary or not UTF-8."""
    if b"\0" in content:
        return Refusal(Reason.BINARY, "it is binary")
    try:
        text = content.removeprefix(BOM).decode("utf-8")
    except UnicodeDecodeError:
        return Refusal(Reason.NOT_UTF8, "it is not UTF-8")
    lines, ends = _split(text)
    return Source(lines, ends, content.startswith(BOM))


def read_sources(*contents: bytes) -> list[Source] | Refusal:
    """Give several contents as lines; refuses too where one has conflict markers."""
    sources = []
    for content in contents:
        source = read_source(content)
        if isinstance(source, Refusal):
            return source
        if has_markers(content):
            return Refusal(Reason.MARKERS, "it has conflict markers")
        sources.append(source)
    return sources


def _split(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    lines, ends = [], []
    for part in text.split("\n"):
        line = part.removesuffix("\r")
        lines.append(line)
        ends.append("\n" if line == part else "\r\n")
    # What follows the last newline: nothing, or a line without an end.
    if lines[-1] or ends[-1] == "\r\n":
        lines[-1], ends[-1] = text.rpartition("\n")[2], ""
    else:
        lines.pop()
        ends.pop()
    return tuple(lines), tuple(ends)
