"""A whole update is killed before, in and after every operation on the disk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from kgscaffold.answers import Answers, Database, Framework, Policy
from kgscaffold.apply import apply, is_interrupted, recover, undo
from kgscaffold.plan.changes import prepare
from kgscaffold.plan.initial import plan_init
from kgscaffold.plan.model import Kind, Plan
from kgscaffold.plan.update import plan_update
from kgscaffold.project.loading import load_lock
from kgscaffold.project.survey import survey
from kgscaffold.render import RenderedFile, Rendering, render
from tests.unit.killing import every_kill, killed_at
from tests.unit.trees import Tree, read_tree

ANSWERS = Answers(Framework.FASTAPI, Database.SQLITE, "shop")
OLD = render(ANSWERS)
HANDLERS = "app/kryptogo/handlers"


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed process loses nothing that it has handed to the system."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


def changed(file: RenderedFile, before: str, after: str, path: str = "") -> RenderedFile:
    content = file.content.decode()
    assert before in content, file.path
    return file._replace(content=content.replace(before, after, 1).encode(), path=path or file.path)


def newer() -> Rendering:
    """The same templates with a change of every kind."""
    files = dict(OLD)
    del files["core/client"]
    for name in ("success", "expired", "pending"):
        files[f"handlers/{name}"] = changed(files[f"handlers/{name}"], "tx: Tx", "session: Tx")
    files["core/route"] = changed(
        files["core/route"], "import", "import this\nimport", "app/kryptogo/core/entry/callback.py"
    )
    files["project/pyproject"] = changed(
        files["project/pyproject"], '"fastapi', '"structlog>=25",\n    "fastapi'
    )
    migration = files["migrations/0002_kryptogo"]
    text = migration.content.decode().replace("0002", "kg3").replace('"0001"', '"0002"')
    files["migrations/kg3_kryptogo"] = RenderedFile(
        "migrations/kg3_kryptogo",
        "migrations/versions/kg3.py",
        Policy.ONCE,
        text.encode(),
        "0002",
    )
    files["core/extra"] = RenderedFile(
        "core/extra", "app/extra.py", Policy.OWNED, b"# kgscaffold:id=core/extra\n"
    )
    return files


NEW = newer()


def edited_project(work: Path) -> Path:
    """A project whose user did something to every file that the templates change."""
    root = work / "shop"
    apply(root, "init", prepare(plan_init(ANSWERS, OLD), root).changes)
    shutil.rmtree(root / ".kgscaffold/undo")
    success = root / HANDLERS / "success.py"
    success.write_bytes(success.read_bytes().replace(b"tx: Tx", b"connection: Tx"))
    success.chmod(0o600)
    expired = root / HANDLERS / "expired.py"
    expired.write_bytes(expired.read_bytes() + b"\n\nMINE = 1\n")
    (root / HANDLERS / "pending.py").rename(root / HANDLERS / "waiting.py")
    pyproject = root / "pyproject.toml"
    pyproject.write_bytes(pyproject.read_bytes() + b"\n[tool.mine]\nx = 1\n")
    (root / "app/extra.py").write_bytes(b"mine = 1\n")
    return root


def plan_of(root: Path) -> Plan:
    found = survey(root, load_lock(root), [file.path for file in NEW.values()])
    return plan_update(found, ANSWERS, NEW)


def files_of(work: Path) -> Tree:
    """Everything but the journals."""
    return {
        path: entry
        for path, entry in read_tree(work).items()
        if not path.startswith("shop/.kgscaffold/undo/")
    }


def test_a_whole_update_killed_at_every_operation_is_taken_back_or_done(tmp_path: Path) -> None:
    root = edited_project(tmp_path)
    before = read_tree(tmp_path)
    plan = plan_of(root)
    assert {action.kind for action in plan.actions} == set(Kind)
    changes = prepare(plan, root).changes
    apply(root, "update", changes)
    after = files_of(tmp_path)
    undo(root)
    # A folder that a command emptied stays; so do those of its journals.
    assert read_tree(tmp_path) == before
    for step, moment in every_kill():
        if not killed_at(step, moment, lambda: apply(root, "update", changes)):
            assert step > 2 * len(changes)
            assert files_of(tmp_path) == after
            return
        if step % 9 == 0:
            recover(root)
            assert not is_interrupted(root)
            if load_lock(root) != plan.lock:
                apply(root, "update", prepare(plan_of(root), root).changes)
            assert files_of(tmp_path) == after, (step, moment)
        undo(root)
        assert read_tree(tmp_path) == before, (step, moment)
