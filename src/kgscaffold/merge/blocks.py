"""What a text consists of: a program's definitions and statements, settings, chapters.

A merge of lines knows nothing of these: it can leave a function in two places, or bring one back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from kgscaffold.languages import language_of
from kgscaffold.languages.source import Block
from kgscaffold.merge.scope import JSON

_HEADING = re.compile(r"#{1,6} +(.*\S)\s*")
_FENCES = ("```", "~~~")
_SECTION = re.compile(r"\[([^\]]+)\]")
_SETTING = re.compile(r"([^\s#;=:\[][^=:]*?)\s*(?:[=:]\s*(.*))?")


def blocks_of(path: str, lines: Sequence[str]) -> list[Block] | None:
    """Give the blocks of a file in order; None where it does not parse, or of a kind not known."""
    language = language_of(path)
    if language is not None:
        return language.blocks(lines)
    read = _READERS.get(PurePosixPath(path).suffix)
    return None if read is None else read(lines)


def _settings(lines: Sequence[str]) -> list[Block]:
    """Give the sections of an ini file, and the settings in each."""
    blocks: list[Block] = []
    section = ""
    for place, line in enumerate(lines):
        if found := _SECTION.match(line):
            section = found[1]
            blocks.append(Block((), section, f"[{section}]", range(place, place + 1)))
        elif section and (found := _SETTING.fullmatch(line.rstrip())):
            name, value = found[1], (found[2] or "").strip()
            blocks.append(Block((section,), name.lower(), name, range(place, place + 1), value))
        elif blocks and blocks[-1].scope and line[:1].isspace() and line.strip():
            former = blocks[-1]
            if former.places.stop == place:
                places, value = range(former.places.start, place + 1), f"{former.meaning}\n{line}"
                blocks[-1] = replace(former, places=places, meaning=value)
    return blocks


def _chapters(lines: Sequence[str]) -> list[Block]:
    blocks: list[Block] = []
    fenced = False
    for place, line in enumerate(lines):
        fenced ^= line.lstrip().startswith(_FENCES)
        if not fenced and (found := _HEADING.fullmatch(line)):
            blocks.append(Block((), found[1], found[1], range(place, place + 1)))
    return blocks


def _keys(lines: Sequence[str]) -> list[Block] | None:
    from kgscaffold.languages.javascript import json

    return json.blocks(lines)


_READERS: dict[str, Callable[[Sequence[str]], list[Block] | None]] = {
    **dict.fromkeys(JSON, _keys),
    ".ini": _settings,
    ".cfg": _settings,
    ".md": _chapters,
}
