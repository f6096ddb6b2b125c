"""Edit a JSON file in the manner it is written in."""

from __future__ import annotations

import json
import re
from typing import Any

from kgscaffold.merge.patch.edits import Edited, News, UnclearError, relined
from kgscaffold.merge.patch.tree import update
from kgscaffold.merge.source import Source


def patch_json(news: News, ours: Source) -> Edited:
    """Add keys and dependencies, and change values that the user left alone.

    Raises UnclearError if the text is not as a program would write it: it could not be kept.
    """
    base, theirs = json.loads(news.base), json.loads(news.theirs)
    try:
        document = json.loads(ours.text)
    except ValueError as error:
        raise UnclearError(f"it is not JSON ({error})", _new_lines(news)) from error
    indent = re.search(r"^([ \t]+)", ours.text, re.MULTILINE)
    manner = indent[1] if indent else None
    tables = all(isinstance(side, dict) for side in (base, theirs, document))
    if not tables or _write(document, manner) != ours.text:
        raise UnclearError("its own layout would be lost", _new_lines(news))
    done = update(base, theirs, document, name_of=lambda _: None)
    lines = relined(ours, _write(document, manner).removesuffix("\n").split("\n"))
    return Edited(lines, tuple(done.changes), tuple(done.notes))


def _write(document: dict[str, Any], indent: str | None) -> str:
    return json.dumps(document, indent=indent, ensure_ascii=False) + "\n"


def _new_lines(news: News) -> list[str]:
    known = set(news.base.splitlines())
    return [line for line in news.theirs.splitlines() if line not in known]
