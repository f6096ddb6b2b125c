"""Who may do what in the package."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import kgscaffold

PACKAGE = Path(kgscaffold.__file__).parent
# The steps that tests stop at, temporary files of the renderer and of git, and the log of a bug.
WRITERS = {"apply/disk.py", "render/engine.py", "merge/git.py", "cli/bug.py"}
WRITING = re.compile(
    r"\.(write_bytes|write_text|mkdir|makedirs|unlink|rmdir|rename|replace\(target|symlink_to|touch)"
    r"|os\.(replace|remove|link)|shutil\.(?!which)|open\([^)]*[\"'][wax]"
)
SOURCES = [
    path.relative_to(PACKAGE).as_posix()
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.relative_to(PACKAGE).parts[0] not in {"simulator", "demo", "verify"}
]


@pytest.mark.parametrize("name", SOURCES)
def test_only_the_disk_module_changes_a_project(name: str) -> None:
    found = WRITING.findall((PACKAGE / name).read_text(encoding="utf-8"))
    assert bool(found) == (name in WRITERS), found


@pytest.mark.parametrize("folder", ["apply", "plan", "project", "state", "render"])
def test_the_machinery_names_no_framework_and_no_database(folder: str) -> None:
    for path in (PACKAGE / folder).glob("*.py"):
        text = path.read_text(encoding="utf-8").lower()
        for word in ("fastapi", "flask", "express", "nestjs", "sqlite", "postgres", "alembic"):
            assert not re.search(rf"\b{word}\b", text), (path.name, word)
