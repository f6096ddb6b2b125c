"""Edit a TOML file; tomlkit keeps every byte that is not edited, which is checked."""

from __future__ import annotations

import tomllib

from kgscaffold.merge.patch.edits import Edited, News, UnclearError, relined
from kgscaffold.merge.patch.names import requirement_name
from kgscaffold.merge.patch.tree import update
from kgscaffold.merge.source import Source


def patch_toml(news: News, ours: Source) -> Edited:
    """Add tables, keys and dependencies, and change values that the user left alone.

    Raises UnclearError if the user's text is not TOML or would not be kept.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    base, theirs = tomllib.loads(news.base), tomllib.loads(news.theirs)
    try:
        expected = tomllib.loads(ours.text)
        document = tomlkit.parse(ours.text)
        kept = document.as_string() == ours.text
        done = update(base, theirs, document, requirement_name)
        text = document.as_string()
        update(base, theirs, expected, requirement_name)
        sound = tomllib.loads(text) == expected
    except (ValueError, TypeError, LookupError, TOMLKitError) as error:
        raise UnclearError(f"it is not TOML that can be edited ({error})", _lines(news)) from error
    lines = relined(ours, text.removesuffix("\n").split("\n"))
    lost = len(ours.lines) - sum(end is not None for _, end in lines)
    if not (kept and sound and lost <= len(done.changes)):
        raise UnclearError("its own layout would be lost", _lines(news))
    return Edited(lines, tuple(done.changes), tuple(done.notes))


def _lines(news: News) -> list[str]:
    known = set(news.base.splitlines())
    return [line for line in news.theirs.splitlines() if line not in known]
