"""Reading a project: where new files belong, and what of a tree is looked at."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from kgscaffold.answers import Policy
from kgscaffold.apply.files import read_head
from kgscaffold.project import survey as survey_module
from kgscaffold.project.survey import Survey, survey
from kgscaffold.state.lock import Lock, LockedFile
from tests.unit.planning import ANSWERS

FILES = ("top.py", "app/a.py", "app/b.py", "app/c.py", "app/core/d.py", "other/e.py")


def lock_of(*paths: str) -> Lock:
    return Lock(
        "0.2.1",
        ANSWERS,
        tuple(LockedFile(f"core/{path}", path, Policy.OWNED, "a" * 64) for path in paths),
    )


@pytest.mark.parametrize(
    ("moved", "path", "place"),
    [
        ({}, "app/new.py", "app/new.py"),
        ({"app/a.py": "x/a.py"}, "app/new.py", "app/new.py"),
        ({"app/a.py": "x/a.py", "app/b.py": "x/b.py", "app/c.py": "y/c.py"}, "app/n.py", "x/n.py"),
        ({"app/core/d.py": "x/d.py"}, "app/core/deep/n.py", "x/deep/n.py"),
        ({"other/e.py": "e.py"}, "other/n.py", "n.py"),
        ({"other/e.py": "e.py"}, "other/deep/n.py", "deep/n.py"),
        ({"top.py": "x/top.py"}, "n.py", "n.py"),
        ({}, "nowhere/n.py", "nowhere/n.py"),
    ],
)
def test_a_new_file_goes_where_its_folder_went(
    moved: Mapping[str, str], path: str, place: str
) -> None:
    where = {f"core/{name}": moved.get(name, name) for name in FILES}
    assert Survey(lock_of(*FILES), {}, where, {}).place_of(path) == place


def test_where_folders_went_is_found_out_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0
    real: Callable[..., object] = survey_module._folders

    def counted(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        return real(*arguments)

    monkeypatch.setattr(survey_module, "_folders", counted)
    survey(tmp_path, lock_of(*FILES), [f"app/{number}.py" for number in range(100)])
    assert calls == 1


def test_only_the_head_of_a_regular_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 100)
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")
    heads = {name: read_head(f"{tmp_path}/{name}", 10) for name in ("file", "link", "pipe", "none")}
    assert heads == {"file": b"x" * 10, "link": b"", "pipe": b"", "none": b""}
    assert read_head(str(tmp_path), 10) == b""
