"""Derive the sync form of the generated code from the async one: `python scripts/derive_sync.py`.

What is in `templates/python/sync` comes from here and is never edited by hand; `--check` writes
nothing and exits 1 where it is not what would be derived. What really differs between the two is
not derived: `templates/python/asyncio` and its twin `templates/python/threads`.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from sync_tokens import to_sync
from sync_words import CODE, LEFTOVERS, PROSE

PYTHON = Path(__file__).resolve().parent.parent / "templates" / "python"
TARGET = PYTHON / "sync"
SOURCES = ("core", "handlers", "sqlalchemy", "dialects")
RUFF = ("--isolated", "--line-length=100", "--target-version=py311")
LINT = (
    "--select=E,F,I,B,UP",
    "--fix",
    "--quiet",
    # `{{ app_import }}` stands for a package of the project
    "--config=lint.isort.known-first-party=['jinja_*']",
)
VALUE = re.compile(r"\{\{ (\w+) \}\}")
KEPT = re.compile(r"\bjinja_(\w+)_value\b")
KEYWORDS = re.compile(r"\basync (?=def|with|for)|\bawait ")


def derive() -> dict[str, str]:
    """Give the text of every derived file by its path below `TARGET`.

    Raises ValueError where a text cannot be derived, or a word of the lists occurs nowhere.
    """
    texts = {path: (PYTHON / path).read_text(encoding="utf-8") for path in _sources()}
    _refuse_idle_words(texts)
    derived = {path: _derived(path, text) for path, text in texts.items()}
    with tempfile.TemporaryDirectory(prefix="derive-sync-") as name:
        python = [path for path, text in texts.items() if _is_python(path, text)]
        # Not beside each other: a folder called sqlalchemy would be a package of the project's own.
        files = {path: Path(name) / "python" / path.removesuffix(".jinja") for path in python}
        for path, file in files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(derived[path], encoding="utf-8")
        _format(Path(name))
        derived |= {path: KEPT.sub(r"{{ \1 }}", file.read_text()) for path, file in files.items()}
    _refuse_leftovers(derived)
    return derived


def _sources() -> list[str]:
    found = [path for source in SOURCES for path in (PYTHON / source).rglob("*") if path.is_file()]
    return sorted(
        path.relative_to(PYTHON).as_posix() for path in found if "__pycache__" not in path.parts
    )


def _is_python(path: str, text: str) -> bool:
    """Whether a text is a whole module: no part of one, and nothing with jinja's statements."""
    return (
        path.removesuffix(".jinja").endswith(".py") and "_macros" not in path and "{%" not in text
    )


def _derived(path: str, text: str) -> str:
    if not _is_python(path, text):
        return KEYWORDS.sub("", text)
    text = VALUE.sub(r"jinja_\1_value", text)
    for old, new in CODE.items():
        text = text.replace(old, new)
    try:
        return to_sync(text, PROSE)
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error


def _format(folder: Path) -> None:
    for command in (("check", *RUFF, *LINT), ("format", *RUFF, "--quiet")):
        ran = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "."],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode != 0:
            raise ValueError(f"ruff {command[0]}:\n{ran.stdout}{ran.stderr}")


def _refuse_idle_words(texts: dict[str, str]) -> None:
    whole = "\n".join(texts.values())
    idle = [word for word in (*CODE, *PROSE) if word not in whole]
    if idle:
        raise ValueError(f"these words of sync_words.py occur nowhere: {idle}")


def _refuse_leftovers(derived: dict[str, str]) -> None:
    found = [
        f"{path}:{number}: {line.strip()}"
        for path, text in derived.items()
        for number, line in enumerate(text.splitlines(), 1)
        if any(re.search(word, line, re.IGNORECASE) for word in LEFTOVERS)
    ]
    if found:
        raise ValueError("\n".join(["sync_words.py lacks words for these lines:", *found]))


def _present() -> dict[str, str]:
    found = [path for path in TARGET.rglob("*") if path.is_file()]
    return {
        path.relative_to(TARGET).as_posix(): path.read_text(encoding="utf-8")
        for path in found
        if "__pycache__" not in path.parts
    }


def main() -> int:
    """Write the derived files, or compare with `--check`; the exit code."""
    parser = argparse.ArgumentParser(description="Derive templates/python/sync.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if it differs")
    check: bool = parser.parse_args().check
    try:
        derived = derive()
    except ValueError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    present = _present()
    changed = sorted(
        path for path in present.keys() | derived.keys() if present.get(path) != derived.get(path)
    )
    for path in changed:
        sys.stderr.write(f"{'differs' if check else 'derived'}: templates/python/sync/{path}\n")
        if check:
            continue
        target = TARGET / path
        if path in derived:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(derived[path], encoding="utf-8")
        else:
            target.unlink()
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
