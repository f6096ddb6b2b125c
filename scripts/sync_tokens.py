"""One text of Python, from its async to its sync form."""

from __future__ import annotations

import io
import keyword
import tokenize
from itertools import accumulate
from tokenize import COMMENT, NAME, STRING, TokenInfo
from typing import TYPE_CHECKING, NamedTuple

from sync_words import AWAITED, NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OPENING, CLOSING = frozenset("([{"), frozenset(")]}")


class Edit(NamedTuple):
    """Instead of what is between two offsets, `text`."""

    start: int
    end: int
    text: str


def to_sync(text: str, prose: Mapping[str, str]) -> str:
    """Give the sync form of `text`: names, awaited types, no parentheses around an await.

    `prose` is what to say instead in comments and strings. Raises tokenize.TokenError for what is
    no Python.
    """
    source = _Source(text)
    edits = sorted(
        [
            *source.names(),
            *source.awaited_types(),
            *source.needless_parentheses(),
            *source.prose(prose),
        ]
    )
    parts, at = [], 0
    for edit in edits:
        parts += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*parts, text[at:]])


class _Source:
    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = [0, *accumulate(map(len, text.splitlines(keepends=True)))]
        self._tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))

    def names(self) -> Iterator[Edit]:
        """Names and keywords that are called something else; what goes takes its space with it."""
        for token in self._tokens:
            if token.type == NAME and token.string in NAMES:
                new, end = NAMES[token.string], self._end(token)
                if not new:
                    rest = self._text[end:]
                    end += len(rest) - len(rest.lstrip(" "))
                yield Edit(self._start(token), end, new)

    def awaited_types(self) -> Iterator[Edit]:
        """`Awaitable[T]` and `Coroutine[…, …, T]` are `T`."""
        for index, token in enumerate(self._tokens[:-1]):
            if token.string in AWAITED and self._tokens[index + 1].string == "[":
                end = self._closing(index + 1)
                last = self._last_argument(index + 1, end)
                yield Edit(self._start(token), self._start(self._tokens[last]), "")
                yield Edit(self._start(self._tokens[end]), self._end(self._tokens[end]), "")

    def needless_parentheses(self) -> Iterator[Edit]:
        """`(await call(…)).one()` needs none once `await` is gone."""
        for index, token in enumerate(self._tokens[:-1]):
            if token.string == "(" and self._tokens[index + 1].string == "await":
                end = self._closing(index)
                if not self._is_call(index) and self._is_primary(index + 2, end):
                    yield Edit(self._start(token), self._end(token), "")
                    yield Edit(self._start(self._tokens[end]), self._end(self._tokens[end]), "")

    def prose(self, words: Mapping[str, str]) -> Iterator[Edit]:
        """Comments and strings that say something else."""
        for token in self._tokens:
            if token.type in (COMMENT, STRING):
                # Before Python 3.12 an f-string is one token, with the code in its braces.
                told = token.string.replace("{await ", "{")
                for old, new in words.items():
                    told = told.replace(old, new)
                if told != token.string:
                    yield Edit(self._start(token), self._end(token), told)

    def _is_call(self, opening: int) -> bool:
        before = self._tokens[opening - 1] if opening else None
        if before is None or keyword.iskeyword(before.string):
            return False
        return before.type == NAME or before.string in (")", "]")

    def _is_primary(self, start: int, end: int) -> bool:
        """Names, dots, calls and subscripts alone: nothing that binds more loosely."""
        index = start
        while index < end:
            token = self._tokens[index]
            if token.string in OPENING and index > start:
                index = self._closing(index)
            elif keyword.iskeyword(token.string) or (token.type != NAME and token.string != "."):
                return False
            index += 1
        return True

    def _closing(self, opening: int) -> int:
        depth = 0
        for index, token in enumerate(self._tokens[opening:], opening):
            depth += (token.string in OPENING) - (token.string in CLOSING)
            if depth == 0:
                return index
        raise tokenize.TokenError("a bracket is not closed")

    def _last_argument(self, opening: int, closing: int) -> int:
        depth, last = 0, opening + 1
        for index in range(opening + 1, closing):
            here = self._tokens[index].string
            depth += (here in OPENING) - (here in CLOSING)
            if here == "," and depth == 0 and index + 1 < closing:
                last = index + 1
        return last

    def _start(self, token: TokenInfo) -> int:
        return self._lines[token.start[0] - 1] + token.start[1]

    def _end(self, token: TokenInfo) -> int:
        return self._lines[token.end[0] - 1] + token.end[1]
