"""New migrations follow the project's newest one, whoever wrote it."""

from __future__ import annotations

import pytest

from kgscaffold.errors import PreconditionError
from kgscaffold.plan.model import Kind
from kgscaffold.render import Rendering
from tests.unit.planning import Project, rendering_of, text_of

FOLDER = "migrations/versions"


def migration(name: str, parent: str | None, *, user: bool = False) -> str:
    written = "None" if parent is None else f'"{parent}"'
    lines = ("import sa", "", f'revision = "{name}"', f"down_revision = {written}  # after")
    return "\n".join(lines) + "\n" if user else text_of(f"migrations/{name}", *lines)


def templates(*chain: str) -> Rendering:
    parents = dict(zip(chain, [None, *chain], strict=False))
    files = {f"{FOLDER}/{name}.py": migration(name, parents[name]) for name in chain}
    return rendering_of(files, **parents)


@pytest.fixture
def project() -> Project:
    return Project(templates("0001", "0002"))


def own(project: Project, name: str, parent: str | None) -> None:
    project.files[f"{FOLDER}/own_{name}.py"] = migration(name, parent, user=True).encode()


def test_a_new_migration_follows_the_templates_own(project: Project) -> None:
    action = project.update(templates("0001", "0002", "kg3"))["migrations/kg3"]
    assert action.kind is Kind.CREATE
    assert 'down_revision = "0002"  # after' in project.text(f"{FOLDER}/kg3.py")
    assert project.lock.files[-1].parent == "0002"


def test_a_new_migration_follows_the_users(project: Project) -> None:
    own(project, "a", "0002")
    own(project, "b", "a")
    project.update(templates("0001", "0002", "kg3", "kg4"))
    assert 'down_revision = "b"  # after' in project.text(f"{FOLDER}/kg3.py")
    assert 'down_revision = "kg3"  # after' in project.text(f"{FOLDER}/kg4.py")
    assert [file.parent for file in project.lock.files] == [None, "0001", "b", "kg3"]
    own(project, "c", "kg4")
    project.update(templates("0001", "0002", "kg3", "kg4", "kg5"))
    assert 'down_revision = "c"  # after' in project.text(f"{FOLDER}/kg5.py")


def test_alembics_own_way_to_write_revisions_is_read(project: Project) -> None:
    project.files[f"{FOLDER}/own.py"] = (
        b"from typing import Sequence, Union\n"
        b"revision: str = 'own'\n"
        b"down_revision: Union[str, Sequence[str], None] = ('0002',)\n"
    )
    project.files[f"{FOLDER}/__init__.py"] = b""
    project.update(templates("0001", "0002", "kg3"))
    assert 'down_revision = "own"' in project.text(f"{FOLDER}/kg3.py")


def test_a_name_with_a_quote_is_written_so_that_it_is_read_again(project: Project) -> None:
    project.files[f"{FOLDER}/own.py"] = b"revision = 'a\"b'\ndown_revision = '0002'\n"
    project.update(templates("0001", "0002", "kg3"))
    namespace: dict[str, str] = {}
    text = project.text(f"{FOLDER}/kg3.py").replace("import sa", "")
    exec(text, namespace)
    assert namespace["down_revision"] == 'a"b'


def test_a_new_migration_is_beside_the_others_where_the_user_moved_them(project: Project) -> None:
    project.files = {path.replace("versions", "db"): text for path, text in project.files.items()}
    project.update(templates("0001", "0002", "kg3"))
    assert 'down_revision = "0002"' in project.text("migrations/db/kg3.py")
    project.update(templates("0001", "0002", "kg3", "kg4"))
    assert 'down_revision = "kg3"' in project.text("migrations/db/kg4.py")


def test_several_heads_are_named(project: Project) -> None:
    own(project, "a", "0002")
    own(project, "b", "0002")
    with pytest.raises(PreconditionError, match=r"2 heads .*: a, b") as refused:
        project.plan(templates("0001", "0002", "kg3"))
    assert refused.value.paths == (f"{FOLDER}/own_a.py", f"{FOLDER}/own_b.py")
    assert "Merge the heads" in refused.value.hint
    assert not project.plan(templates("0001", "0002")).behind


@pytest.mark.parametrize("text", ["down_revision = (", "revision = name()\n"])
def test_a_migration_that_cannot_be_read_is_named(project: Project, text: str) -> None:
    project.files[f"{FOLDER}/own.py"] = text.encode()
    with pytest.raises(PreconditionError) as refused:
        project.plan(templates("0001", "0002", "kg3"))
    assert refused.value.paths == (f"{FOLDER}/own.py",)


def test_a_name_that_the_user_has_taken_is_refused(project: Project) -> None:
    own(project, "kg3", "0002")
    with pytest.raises(PreconditionError, match="called 'kg3', cannot be told") as refused:
        project.plan(templates("0001", "0002", "kg3"))
    assert refused.value.paths == (f"{FOLDER}/own_kg3.py",)


def test_a_place_that_the_user_has_taken_is_refused(project: Project) -> None:
    project.files[f"{FOLDER}/kg3.py"] = migration("mine", "0002", user=True).encode()
    with pytest.raises(PreconditionError, match="cannot be told") as refused:
        project.plan(templates("0001", "0002", "kg3"))
    assert refused.value.paths == (f"{FOLDER}/kg3.py",)


@pytest.mark.parametrize("path", [f"{FOLDER}/kg3.py", f"{FOLDER}/renamed.py"])
def test_a_migration_that_only_the_lock_does_not_know_is_adopted(
    project: Project, path: str
) -> None:
    own(project, "a", "0002")
    project.files[path] = migration("kg3", "a").replace("\n", "\r\n").encode()
    before = dict(project.files)
    actions = project.update(templates("0001", "0002", "kg3", "kg4"))
    assert actions["migrations/kg3"].kind is Kind.KEEP
    assert 'down_revision = "kg3"  # after' in project.text(f"{FOLDER}/kg4.py")
    assert before.items() <= project.files.items()
    assert [file.parent for file in project.lock.files] == [None, "0001", "a", "kg3"]


def test_without_any_migration_there_is_nothing_to_follow(project: Project) -> None:
    project.files.clear()
    with pytest.raises(PreconditionError, match="no newest one"):
        project.plan(templates("0001", "0002", "kg3"))


def test_a_migration_is_never_changed_nor_removed(project: Project) -> None:
    changed = rendering_of(
        {
            f"{FOLDER}/0001.py": migration("0001", None),
            f"{FOLDER}/renamed.py": migration("0002", "0001") + "more = 1\n",
        }
    )
    before = dict(project.files)
    action = project.update(changed)["migrations/0002"]
    assert action.reason == "a migration is never changed"
    assert action.notes
    project.update({})
    assert project.files == before
