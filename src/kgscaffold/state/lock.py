"""`.kgscaffold/lock.json`: what was generated, from which answers; read and written here only."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import NamedTuple

from kgscaffold.answers import (
    Answers,
    Database,
    Framework,
    LanguageName,
    ModuleSystem,
    Policy,
)
from kgscaffold.errors import PreconditionError
from kgscaffold.languages import language_named
from kgscaffold.state.paths import FOLDER, LOCK, is_inside
from kgscaffold.validation import (
    valid_order_data_key,
    valid_project_name,
    valid_route,
    valid_table,
)
from kgscaffold.versions import is_later, is_version

SCHEMA = 1
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FOREIGN = frozenset({".git", FOLDER})
_WAY_OUT = f"Restore it from version control: git checkout -- {LOCK}"


class LockedFile(NamedTuple):
    """One generated file: where the user has it, and the hash of its pristine text.

    `parent` is the revision that a migration was created on; None for the first and for others.
    `origin` is the path in the templates, where the user's own is another. `sidecar`: the pristine
    text was not merged into the file but written beside it. `left` is what was left to a person and
    is not dealt with; `unsettled` the pristine text that it is measured by, or, of a migration, the
    digest of the names of the user's own beside it then.
    """

    id: str
    path: str
    policy: Policy
    base: str
    parent: str | None = None
    origin: str | None = None
    sidecar: bool = False
    unsettled: str | None = None
    left: tuple[str, ...] = ()

    @property
    def bases(self) -> tuple[str, ...]:
        """The hashes of the pristine texts that are needed of it."""
        if self.unsettled is None or self.policy is Policy.ONCE:
            return (self.base,)
        return (self.base, self.unsettled)

    @property
    def waits(self) -> bool:
        """Whether an update has left something of it to a person, dealt with or not."""
        return self.sidecar or self.unsettled is not None

    @property
    def template_path(self) -> str:
        """The path that the templates gave it when it was last generated."""
        return self.origin or self.path


class Lock(NamedTuple):
    """The state that an update starts from; `tool` is the version that wrote it.

    `complete` is the last version of which everything was applied, where that is an earlier one
    (`update --only security`). `digest` is there where every file of the lock is exactly what some
    templates make of the answers, and says which templates and files these are. `former` are
    folders that the module had before and that files of the user's own still name; `lost` what the
    templates have dropped of the module and files still use.
    """

    tool: str
    answers: Answers
    files: tuple[LockedFile, ...]
    complete: str | None = None
    digest: str | None = None
    former: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


def write_lock(lock: Lock) -> bytes:
    """Give the lock's text: sorted keys, one file a line, nothing of this machine or moment."""
    answers = json.dumps(lock.answers._asdict(), indent=4, sort_keys=True, ensure_ascii=False)
    files = ",\n".join(
        "    " + json.dumps(_file_record(file), sort_keys=True, ensure_ascii=False)
        for file in sorted(lock.files, key=lambda file: file.id)
    )
    complete = f'  "complete": {json.dumps(lock.complete)},\n' if lock.complete else ""
    digest = f'  "digest": {json.dumps(lock.digest)},\n' if lock.digest else ""
    former = f'  "former": {json.dumps(lock.former)},\n' if lock.former else ""
    lost = f'  "lost": {json.dumps(lock.lost)},\n' if lock.lost else ""
    text = (
        f'{{\n  "answers": {answers[:-1]}  }},\n{complete}{digest}'
        f'  "files": [\n{files}\n  ],\n{former}{lost}'
        f'  "schema": {SCHEMA},\n'
        f'  "tool": {json.dumps(lock.tool)}\n}}\n'
    )
    return text.encode()


@lru_cache(maxsize=1)
def read_lock(content: bytes) -> Lock:
    """Give the lock in a file's content.

    Raises PreconditionError if it is not JSON, not a lock, from a newer version, or names a path
    outside the project.
    """
    try:
        document = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        if b"\n<<<<<<< " in content:
            raise _unmerged() from error
        raise unsound(f"it is not JSON ({error})") from error
    if not isinstance(document, dict) or type(document.get("schema")) is not int:
        raise unsound("it has no schema number")
    if document["schema"] > SCHEMA:
        raise newer(str(document.get("tool", "unknown")))
    try:
        lock = _read_lock(document)
    except (KeyError, TypeError, ValueError) as error:
        raise unsound(f"an entry is missing or wrong ({error})") from error
    for values in ([file.id for file in lock.files], [file.path for file in lock.files]):
        if len(values) != len(set(values)):
            raise unsound("an id or a path occurs twice")
    return lock


def _read_lock(document: dict[str, object]) -> Lock:
    files = document["files"]
    if document["schema"] != SCHEMA or not isinstance(files, list):
        raise ValueError(f"the schema is not {SCHEMA}, or the files are no list")
    tool, complete = _version(document, "tool"), None
    if "complete" in document:
        complete = _version(document, "complete")
        if is_later(complete, tool):
            raise ValueError("`complete` is later than `tool`")
    entries = tuple(_read_file(record) for record in files)
    digest = None
    if "digest" in document:
        digest = _text(document, "digest")
        if not _SHA256.fullmatch(digest):
            raise ValueError("`digest` is not a hash")
    answers = _read_answers(document["answers"])
    rule = language_named(answers.language).module_path
    folders = tuple(rule(folder) for folder in _texts(document, "former"))
    return Lock(tool, answers, entries, complete, digest, folders, _texts(document, "lost"))


def newer(version: str) -> PreconditionError:
    """Give the error for a project that a later version of kgscaffold has written."""
    return PreconditionError(
        f"the project was generated by a newer kgscaffold ({version})",
        paths=[LOCK],
        hint="Upgrade kgscaffold to that version or a later one.",
    )


def unsound(reason: str) -> PreconditionError:
    """Give the error for a lock that was changed by something else than kgscaffold."""
    return PreconditionError(f"the lock cannot be used: {reason}", paths=[LOCK], hint=_WAY_OUT)


def _file_record(file: LockedFile) -> dict[str, object]:
    record: dict[str, object] = {
        "base": file.base,
        "id": file.id,
        "path": file.path,
        "policy": str(file.policy),
    }
    if file.policy is Policy.ONCE:
        record["parent"] = file.parent
    if file.origin is not None:
        record["origin"] = file.origin
    if file.sidecar:
        record["sidecar"] = True
    if file.unsettled is not None:
        record["unsettled"] = file.unsettled
    if file.left:
        record["left"] = list(file.left)
    return record


def _read_file(value: object) -> LockedFile:
    record = _record(value)
    optional = {
        key: None if record.get(key) is None else _text(record, key)
        for key in ("parent", "origin", "unsettled")
    }
    file = LockedFile(
        id=_text(record, "id"),
        path=_text(record, "path"),
        policy=Policy(_text(record, "policy")),
        base=_text(record, "base"),
        sidecar="sidecar" in record,
        left=_texts(record, "left"),
        **optional,
    )
    if record.get("sidecar", True) is not True:
        raise TypeError("sidecar is not true")
    for path in (file.path, file.template_path):
        if not is_inside(path) or not _FOREIGN.isdisjoint(path.lower().split("/")):
            raise ValueError(f"the path {path!r} is outside the project")
    if not all(_SHA256.fullmatch(name) for name in (file.base, file.unsettled or file.base)):
        raise ValueError(f"the base of {file.id} is not a hash")
    return file


def _read_answers(value: object) -> Answers:
    # Neither was recorded before 0.3.0, when there was nothing but Python.
    record = {"language": "python", "module_system": "package"} | _record(value)
    language = language_named(LanguageName(_text(record, "language")))
    system = ModuleSystem(_text(record, "module_system"))
    if system not in language.module_systems:
        raise ValueError(f"{language.title} has no module system {system}")
    return Answers(
        framework=Framework(_text(record, "framework")),
        database=Database(_text(record, "database")),
        project_name=valid_project_name(_text(record, "project_name")),
        module=language.module_path(_text(record, "module")),
        route=valid_route(_text(record, "route")),
        orders_table=valid_table(_text(record, "orders_table")),
        order_data_key=valid_order_data_key(_text(record, "order_data_key")),
        language=language.name,
        module_system=system,
    )


def _record(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r} is not an object")
    return value


def _text(record: dict[str, object], key: str) -> str:
    value = record[key]
    if not isinstance(value, str):
        raise TypeError(f"{key} is not a string")
    return value


def _texts(record: dict[str, object], key: str) -> tuple[str, ...]:
    value = record.get(key, [])
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise TypeError(f"{key} is not a list of texts")
    return tuple(value)


def _version(record: dict[str, object], key: str) -> str:
    version = _text(record, key)
    if not is_version(version):
        raise ValueError(f"{key} is not a version")
    return version


def _unmerged() -> PreconditionError:
    return PreconditionError(
        "the lock cannot be used: two branches changed it, and their merge is not resolved",
        paths=[LOCK],
        hint="Take the side of the newer version whole, git checkout --ours (or --theirs) -- "
        f"{LOCK}, commit the merge, and run update: it brings the files in line.",
    )
