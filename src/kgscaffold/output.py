"""The one object that prints: data to standard output, messages to standard error."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Mapping
from typing import TextIO

from kgscaffold.errors import KgscaffoldError

# Folder and file names may contain anything; only styles may reach the terminal as escapes.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f](?<!\x1b)|\x1b(?!\[\d*m)")
_SCHEMA = 1  # of the JSON objects; raised when a key changes its meaning or goes
_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


class Output:
    """Prints for one command, with colours only where the stream can show them.

    With `json_mode` standard output carries one JSON object and nothing else; `quiet` leaves only
    that and errors. OSError where a stream takes nothing any more.
    """

    def __init__(
        self,
        *,
        json_mode: bool = False,
        quiet: bool = False,
        verbose: bool = False,
        color: bool = True,
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
    ) -> None:
        self.json_mode = json_mode
        self.quiet = quiet
        self.verbose = verbose
        self.color = color
        self._stdout = stdout or sys.stdout or io.StringIO()  # None: closed before it began
        self._stderr = stderr or sys.stderr or io.StringIO()

    def data(self, text: str, style: str = "") -> None:
        """Print one line of the command's result; nothing in JSON mode or with `--quiet`."""
        if not (self.json_mode or self.quiet):
            self._write(self._stdout, text, style)

    def document(self, document: Mapping[str, object], *, lines: bool = True) -> None:
        """Print the command's JSON object, with its `schema`; nothing without JSON mode.

        Without `lines` it is all on one, for whoever reads it while the command goes on.
        """
        if self.json_mode:
            numbered = {"schema": _SCHEMA, **document}
            indent = 2 if lines else None
            text = json.dumps(numbered, indent=indent, sort_keys=True, ensure_ascii=False)
            self._write(self._stdout, text, "")

    def message(self, text: str, style: str = "") -> None:
        """Tell the user what happens; `--quiet` silences it."""
        if not self.quiet:
            self._write(self._stderr, text, style)

    def detail(self, text: str) -> None:
        """Tell what only `--verbose` asks for."""
        if self.verbose and not self.quiet:
            self._write(self._stderr, text, "dim")

    def error(self, error: KgscaffoldError) -> None:
        """Print a failure: message and way out on standard error, the object in JSON mode."""
        self._write(self._stderr, f"error: {error.message}", "red")
        for path in error.paths:
            self._write(self._stderr, f"  {path}", "")
        if error.hint:
            self._write(self._stderr, error.hint, "")
        self.document(
            {
                "error": {
                    "exit_code": int(error.exit_code),
                    "message": error.message,
                    "hint": error.hint,
                    "paths": list(error.paths),
                }
            }
        )

    def styled(self, text: str, style: str) -> str:
        """Give `text` in a style for a line of data, or as it is where colours are off."""
        return _styled(text, style) if self._colored(self._stdout) else text

    def _write(self, stream: TextIO, text: str, style: str) -> None:
        text = _CONTROL.sub(lambda match: ascii(match.group())[1:-1], text)
        line = _styled(text, style) if style and self._colored(stream) else text
        encoding = stream.encoding or "utf-8"
        stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        stream.flush()

    def _colored(self, stream: TextIO) -> bool:
        if not self.color or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            return False
        return stream.isatty()


def _styled(text: str, style: str) -> str:
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"
