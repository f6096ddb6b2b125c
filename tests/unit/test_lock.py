"""The lock's text, and everything that makes one unusable."""

from __future__ import annotations

import json

import pytest

from kgscaffold.answers import Answers, Database, Framework, LanguageName, ModuleSystem, Policy
from kgscaffold.errors import PreconditionError
from kgscaffold.state.lock import Lock, LockedFile, read_lock, write_lock

ANSWERS = Answers(Framework.FASTAPI, Database.SQLITE, "shop")
FILES = (
    LockedFile("migrations/0002", "migrations/2.py", Policy.ONCE, "b" * 64, "0001"),
    LockedFile("core/worker", "app/kryptogo/core/worker.py", Policy.OWNED, "a" * 64),
)


def test_a_lock_survives_the_round_trip() -> None:
    lock = Lock("0.1.0", ANSWERS, tuple(sorted(FILES, key=lambda file: file.id)))
    assert read_lock(write_lock(lock)) == lock
    left = FILES[1]._replace(unsettled="d" * 64, left=("it is now x",))
    lock = lock._replace(files=(left,), former=("app/kryptogo", "app/old"))
    assert read_lock(write_lock(lock)) == lock
    assert left.bases == ("a" * 64, "d" * 64)


def test_a_digest_is_kept_and_its_lack_too() -> None:
    lock = Lock("0.2.1", ANSWERS, (), digest="d" * 64)
    assert read_lock(write_lock(lock)) == lock
    assert b"digest" not in write_lock(Lock("0.2.1", ANSWERS, ()))
    assert list(json.loads(write_lock(lock))) == ["answers", "digest", "files", "schema", "tool"]


def test_a_lock_from_before_other_languages_is_one_of_python() -> None:
    document = json.loads(damaged())
    for key in ("language", "module_system"):
        del document["answers"][key]
    answers = read_lock(json.dumps(document).encode()).answers
    assert answers == ANSWERS
    assert (answers.language, answers.module_system) == (LanguageName.PYTHON, ModuleSystem.PACKAGE)


@pytest.mark.parametrize("module", ["sniffio/pay", "app/main"])
def test_a_module_named_like_something_that_came_later_still_loads(module: str) -> None:
    assert read_lock(with_answer(module=module)).answers.module == module


def test_one_file_is_one_line_and_keys_are_sorted() -> None:
    text = write_lock(Lock("0.1.0", ANSWERS, FILES)).decode()
    worker = next(line for line in text.splitlines() if "core/worker" in line)
    assert worker.strip(" ,") == json.dumps(json.loads(worker.strip(" ,")), sort_keys=True)
    document = json.loads(text)
    assert list(document) == sorted(document)
    assert [file["id"] for file in document["files"]] == ["core/worker", "migrations/0002"]
    assert document["files"][1]["parent"] == "0001"


def test_the_order_of_files_does_not_matter() -> None:
    assert write_lock(Lock("1.0.0", ANSWERS, FILES)) == write_lock(
        Lock("1.0.0", ANSWERS, FILES[::-1])
    )


def test_a_lock_without_files_is_json() -> None:
    assert read_lock(write_lock(Lock("1.0.0", ANSWERS, ()))).files == ()


def damaged(**changes: object) -> bytes:
    document = json.loads(write_lock(Lock("0.1.0", ANSWERS, FILES)))
    return json.dumps(document | changes).encode()


def with_file(**changes: object) -> bytes:
    file = {"id": "x", "path": "x.py", "policy": "owned", "base": "c" * 64}
    return damaged(files=[file | changes])


def with_answer(**changes: object) -> bytes:
    document = json.loads(damaged())
    return damaged(answers=document["answers"] | changes)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"<<<<<<< ours",
        damaged(schema="1"),
        b"[" * 100_000,
        damaged(schema=2),
        damaged(schema=0),
        damaged(schema=True),
        damaged(tool="abc"),
        damaged(complete="zzz"),
        damaged(complete="9.9.9"),
        damaged(digest="abc"),
        damaged(digest=None),
        damaged(digest=7),
        damaged(files={}),
        damaged(files=None),
        damaged(files=[None]),
        damaged(answers=[]),
        damaged(answers={}),
        with_file(path="../x.py"),
        with_file(path="/etc/passwd"),
        with_file(path="a/../../x"),
        with_file(path="a\\x.py"),
        with_file(path="C:/x.py"),
        with_file(path=""),
        with_file(path="a\nb"),
        with_file(path=7),
        with_file(path="\ud800.py"),
        with_file(path="a" * 256),
        with_file(path="x/" * 600 + "x"),
        with_file(path="sub/.git/hooks/x"),
        with_file(sidecar="yes"),
        with_file(unsettled="d"),
        with_file(left="it is now x"),
        damaged(former=[7]),
        damaged(former=["../x"]),
        with_file(policy="mine"),
        with_file(base="c"),
        with_file(base="../" + "c" * 61),
        with_answer(framework="rails"),
        with_answer(route='/x"; import os'),
        with_answer(module="../../x"),
        with_answer(orders_table="x; drop"),
        with_answer(language="cobol"),
        with_answer(language="javascript"),
        with_answer(module_system="esm"),
        with_answer(module_system=None),
        with_answer(project_name='x"'),
        damaged(files=[json.loads(with_file())["files"][0]] * 2),
    ],
)
def test_an_unsound_lock_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(PreconditionError) as refused:
        read_lock(content)
    assert refused.value.paths == (".kgscaffold/lock.json",)
    assert refused.value.hint


def test_a_newer_lock_names_the_version_to_upgrade_to() -> None:
    with pytest.raises(PreconditionError, match=r"newer kgscaffold \(9\.9\)"):
        read_lock(damaged(schema=2, tool="9.9"))
