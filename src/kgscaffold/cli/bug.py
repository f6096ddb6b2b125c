"""An unexpected error: write a log that can be reported."""

from __future__ import annotations

import os
import platform
import shlex
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from kgscaffold import __version__
from kgscaffold.errors import KgscaffoldError


def report(error: BaseException, arguments: Sequence[str]) -> KgscaffoldError:
    """Write the log of a bug and give the error that tells where it is and what to do."""
    text = "\n".join(
        (
            f"kgscaffold {__version__}, Python {platform.python_version()}, {platform.platform()}",
            f"arguments: {shlex.join(arguments)}",
            "",
            "".join(traceback.format_exception(error)),
        )
    )
    where = _write(text)
    told = f"Its log is {where}" if where else f"Its log could not be written:\n{text}"
    return KgscaffoldError(
        f"unexpected {type(error).__name__}: {error}",
        hint=f"This is a bug in kgscaffold. {told}\n"
        "Please report it: open an issue in kgscaffold's repository with that log.",
    )


def _write(text: str) -> Path | None:
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    for folder in (Path(state) / "kgscaffold", Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(prefix="error-", suffix=".log", dir=folder)
        except OSError:
            continue
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError:  # the disk is full
            Path(name).unlink()
            continue
        return Path(name)
    return None
