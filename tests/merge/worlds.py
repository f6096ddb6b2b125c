"""A project on the disk and templates that change: the real `kgscaffold update`, in this process.

Only what the templates render to is the test's own.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from kgscaffold.answers import Answers, Database, Framework
from kgscaffold.cli.main import run
from kgscaffold.plan.changes import prepare
from kgscaffold.plan.initial import plan_init
from kgscaffold.render import RenderedFile, Rendering
from kgscaffold.render.rules import find_id, policy_of
from kgscaffold.scaffold import write_plan
from kgscaffold.state.paths import FOLDER, digest
from tests.releases.trees import releases

ANSWERS = Answers(Framework.FASTAPI, Database.SQLITE, "shop")
Templates = dict[str, RenderedFile]
Tree = dict[str, bytes]


@dataclass(frozen=True)
class Updated:
    """What an update said: its exit code, and the actions of its JSON document."""

    code: int
    actions: tuple[dict[str, Any], ...] = ()
    errors: str = ""

    def kinds(self) -> dict[str, str]:
        """Give what happened, by path, but for what was left alone."""
        return {item["path"]: item["action"] for item in self.actions if item["action"] != "keep"}

    def reason(self, path: str) -> str:
        """Give why the file at a path was treated as it was."""
        (reason,) = [str(item["reason"]) for item in self.actions if item["path"] == path]
        return reason

    def notes(self, path: str) -> list[str]:
        """Give what was said of the file at a path besides."""
        (notes,) = [list(item["notes"]) for item in self.actions if item["path"] == path]
        return notes


def released() -> Rendering:
    """Give what the first release rendered: real files, which stay as they are."""
    (found,) = [item for item in releases() if (item.version, item.answers) == ("0.1.0", ANSWERS)]
    return found.rendering


def node_shop(name: str) -> list[RenderedFile]:
    """Give what Express's templates once rendered to, in a language; it stays as it is."""
    root = Path(__file__).parent / "node" / name
    paths = [
        path.relative_to(root).as_posix() for path in sorted(root.rglob("*")) if path.is_file()
    ]
    contents = {path: (root / path).read_bytes() for path in paths}
    ids = {path: find_id(content.decode()) for path, content in contents.items()}
    return [template(path, ids[path] or "project/package", contents[path]) for path in paths]


def template(path: str, file_id: str, content: str | bytes) -> RenderedFile:
    """Give a rendered file of the policy that its id has."""
    data = content if isinstance(content, bytes) else content.encode()
    return RenderedFile(file_id, path, policy_of(file_id), data)


def templates(*files: RenderedFile) -> Templates:
    """Give some templates by id."""
    return {file.id: file for file in files}


def initialise(root: Path, files: Mapping[str, RenderedFile]) -> None:
    """Make a project of the first release of some templates."""
    plan = plan_init(ANSWERS, files)
    earlier = plan._replace(lock=plan.lock._replace(tool="0.1.0"))
    write_plan(root, prepare(earlier, root))


def update(root: Path, files: Mapping[str, RenderedFile], *options: str) -> Updated:
    """Bring a project to other templates with the command itself."""
    out, err = io.StringIO(), io.StringIO()
    with rendering(files), redirect_stdout(out), redirect_stderr(err):
        code = run(["update", str(root), "--no-input", "--json", *options])
    document = json.loads(out.getvalue() or "{}")
    return Updated(code, tuple(document.get("actions", ())), out.getvalue() + err.getvalue())


@contextmanager
def rendering(files: Mapping[str, RenderedFile]) -> Iterator[None]:
    """Have the templates render to these files, without a changelog."""
    print_of = "".join(f"{file.path} {digest(file.content)}\n" for file in files.values())
    with (
        mock.patch("kgscaffold.scaffold.render", return_value=files),
        mock.patch("kgscaffold.project.current.fingerprint", return_value=print_of),
        mock.patch("kgscaffold.scaffold.read_changelog", return_value=()),
    ):
        yield


def tree(root: Path, *, state: bool = False) -> Tree:
    """Give a project's files by path, without kgscaffold's own unless `state`."""
    return {
        name: path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
        and (name := path.relative_to(root).as_posix())
        and (state or not name.startswith(f"{FOLDER}/"))
    }


def edit(root: Path, path: str, change: Callable[[str], str]) -> None:
    """Change a file as its user would."""
    file = root / path
    before = file.read_bytes().decode()
    after = change(before)
    assert after != before, f"the edit of {path} changes nothing"
    file.write_bytes(after.encode())
