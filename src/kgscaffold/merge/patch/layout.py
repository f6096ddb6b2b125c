"""Where each value of a JSON text stands, and edits of it in the manner it is written in."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_SPACE = re.compile(r"[ \t\n\r]*")
_SCALAR = re.compile(r"[^\s,\]}]+")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Span:
    """The places of a value's first sign and of the one after its last."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Pair:
    """The places of a key and of its value."""

    key: Span
    value: Span


class Layout:
    """A sound JSON text, its edits collected by place and then made at once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._edits: dict[Span, str] = {}
        self._tables: dict[Span, dict[str, Pair]] = {}
        found = re.search(r"^([ \t]+)\S", text, re.MULTILINE)
        self._unit = found[1] if found else "  "
        self.whole = self._read(self._after_space(0))

    def pairs(self, table: Span) -> dict[str, Pair]:
        """Give the keys of a table with their places, in order."""
        return self._tables[table]

    def replace(self, span: Span, value: Any) -> None:
        """Put another value in the place of one; a list stays on one line where it fits."""
        indent = self._indent(span.start)
        old, new = self._cut(span), self._written(value, indent)
        if isinstance(value, list) and "\n" not in old and old != "[]":
            inline = json.dumps(value, ensure_ascii=False)
            start = self._text.rfind("\n", 0, span.start) + 1
            new = inline if span.start - start + len(inline) < _LONGEST else new
        self._edits[span] = new

    def add(self, table: Span, former: str | None, key: str, value: Any) -> None:
        """Put a key after another one of a table, or before its first.

        In one place, the key of a later call comes after that of an earlier one.
        """
        pairs = list(self._tables[table].values())
        name = json.dumps(key, ensure_ascii=False)
        if not pairs:
            self._fill(table, name, value)
            return
        beside = pairs[0] if former is None else self._tables[table][former]
        indent = self._indent(beside.key.start)
        colon = self._text[beside.key.stop : beside.value.start]
        text = f"{name}{colon}{self._written(value, indent)}"
        gap = f"\n{indent}" if "\n" in self._cut(table) else " "
        if former is None:
            place, text = Span(beside.key.start, beside.key.start), f"{text},{gap}"
        else:
            place, text = Span(beside.value.stop, beside.value.stop), f",{gap}{text}"
        self._edits[place] = self._edits.get(place, "") + text

    def _fill(self, table: Span, name: str, value: Any) -> None:
        """Put a key into a table that has none, or none but those put there."""
        outer = self._indent(table.start)
        text = f"\n{outer}{self._unit}{name}: {self._written(value, outer + self._unit)}"
        former = self._edits.get(table, "{}").removesuffix("}").rstrip()
        comma = "" if former == "{" else ","
        self._edits[table] = f"{former}{comma}{text}\n{outer}}}"

    def edited(self) -> str:
        """Give the text with every edit made."""
        text = self._text
        for span in sorted(self._edits, key=lambda one: (one.start, one.stop), reverse=True):
            text = text[: span.start] + self._edits[span] + text[span.stop :]
        return text

    def _written(self, value: Any, indent: str) -> str:
        text = json.dumps(value, ensure_ascii=False, indent=self._unit)
        return text.replace("\n", f"\n{indent}")

    def _indent(self, place: int) -> str:
        start = self._text.rfind("\n", 0, place) + 1
        found = re.compile(r"[ \t]*").match(self._text, start)
        return found[0] if found else ""

    def _cut(self, span: Span) -> str:
        return self._text[span.start : span.stop]

    def _after_space(self, place: int) -> int:
        found = _SPACE.match(self._text, place)
        return found.end() if found else place

    def _read(self, start: int) -> Span:
        """Give the places of the value that begins at one."""
        if self._text[start] == "{":
            return self._read_table(start)
        if self._text[start] == "[":
            place = self._after_space(start + 1)
            while self._text[place] != "]":
                place = self._after_comma(self._read(place).stop)
            return Span(start, place + 1)
        if self._text[start] == '"':
            return Span(start, self._after_text(start))
        found = _SCALAR.match(self._text, start)
        return Span(start, found.end() if found else start + 1)

    def _read_table(self, start: int) -> Span:
        pairs: dict[str, Pair] = {}
        place = self._after_space(start + 1)
        while self._text[place] != "}":
            key = Span(place, self._after_text(place))
            colon = self._after_space(key.stop)
            value = self._read(self._after_space(colon + 1))
            pairs[json.loads(self._cut(key))] = Pair(key, value)
            place = self._after_comma(value.stop)
        table = Span(start, place + 1)
        self._tables[table] = pairs
        return table

    def _after_comma(self, place: int) -> int:
        place = self._after_space(place)
        return self._after_space(place + 1) if self._text[place] == "," else place

    def _after_text(self, start: int) -> int:
        found = _STRING.match(self._text, start)
        return found.end() if found else start + 1
