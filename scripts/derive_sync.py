"""Derive the sync form of the generated code from the async one: `python scripts/derive_sync.py`.

What is in `templates/python/sync`, and Flask's test of the callback, come from here and are never
edited by hand; `--check` writes nothing and exits 1 where they are not what would be derived. What
really differs is not derived: `templates/python/asyncio` and its twin `templates/python/threads`.
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

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
DERIVED = {
    "python/core": "python/sync/core",
    "python/fastapi": "python/sync/fastapi",
    "python/handlers": "python/sync/handlers",
    "python/sqlalchemy": "python/sync/sqlalchemy",
    "python/dialects": "python/sync/dialects",
    "shop/fastapi/tests/test_callback.py.jinja": "shop/flask/tests/test_callback.py.jinja",
}
STILL_ASYNC = ("python/sync/fastapi/",)
"""The server itself awaits: of these only the words of `CODE` change."""
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
    """Give the text of every derived file by its path below `TEMPLATES`.

    Raises ValueError where a text cannot be derived, or a word of the lists occurs nowhere.
    """
    texts = _sources()
    derived = {path: _derived(path, text) for path, text in texts.items()}
    with tempfile.TemporaryDirectory(prefix="derive-sync-") as name:
        python = [path for path, text in texts.items() if _is_python(path, text)]
        # Not beside each other: a folder called sqlalchemy would be a package of the project's own.
        files = {path: Path(name) / "templates" / path.removesuffix(".jinja") for path in python}
        for path, file in files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(derived[path], encoding="utf-8")
        _format(Path(name))
        derived |= {path: KEPT.sub(r"{{ \1 }}", file.read_text()) for path, file in files.items()}
    _refuse_leftovers(derived)
    return derived


def _sources() -> dict[str, str]:
    """Give every source, with `CODE` said, by the path of what is derived from it.

    Raises ValueError where a word of the lists occurs nowhere.
    """
    found = {
        path: (target + path.removeprefix(source), text)
        for source, target in DERIVED.items()
        for path, text in _texts(source).items()
    }
    idle = [word for word in PROSE if not any(word in text for _, text in found.values())]
    for place, words in CODE.items():
        for old, new in words.items():
            holding = [path for path in found if path.startswith(place) and old in found[path][1]]
            idle += [] if holding else [old]
            for path in holding:
                target, text = found[path]
                found[path] = target, text.replace(old, new)
    if idle:
        raise ValueError(f"these words of sync_words.py occur nowhere: {idle}")
    return dict(found.values())


def _texts(root: str) -> dict[str, str]:
    """Give the files of a folder, or the one that is none, by their paths below `TEMPLATES`."""
    found = TEMPLATES / root
    files = sorted(found.rglob("*")) if found.is_dir() else [found]
    return {
        path.relative_to(TEMPLATES).as_posix(): path.read_text(encoding="utf-8")
        for path in files
        if path.is_file() and "__pycache__" not in path.parts
    }


def _is_python(path: str, text: str) -> bool:
    """Whether a text is a whole module: no part of one, and nothing with jinja's statements."""
    return (
        path.removesuffix(".jinja").endswith(".py") and "_macros" not in path and "{%" not in text
    )


def _derived(path: str, text: str) -> str:
    if path.startswith(STILL_ASYNC):
        return text
    if not _is_python(path, text):
        return KEYWORDS.sub("", text)
    try:
        return to_sync(VALUE.sub(r"jinja_\1_value", text), PROSE)
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


def _refuse_leftovers(derived: dict[str, str]) -> None:
    found = [
        f"{path}:{number}: {line.strip()}"
        for path, text in derived.items()
        if not path.startswith(STILL_ASYNC)
        for number, line in enumerate(text.splitlines(), 1)
        if any(re.search(word, line, re.IGNORECASE) for word in LEFTOVERS)
    ]
    if found:
        raise ValueError("\n".join(["sync_words.py lacks words for these lines:", *found]))


def main() -> int:
    """Write the derived files, or compare with `--check`; the exit code."""
    parser = argparse.ArgumentParser(description="Derive the sync form of the templates.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if it differs")
    check: bool = parser.parse_args().check
    try:
        derived = derive()
    except ValueError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    present: dict[str, str] = {}
    for target in DERIVED.values():
        present |= _texts(target)
    changed = sorted(
        path for path in present.keys() | derived.keys() if present.get(path) != derived.get(path)
    )
    for path in changed:
        sys.stderr.write(f"{'differs' if check else 'derived'}: templates/{path}\n")
        if check:
            continue
        file = TEMPLATES / path
        if path in derived:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(derived[path], encoding="utf-8")
        else:
            file.unlink()
    return 1 if check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
