"""What an update decides, file by file."""

from __future__ import annotations

import pytest

from kgscaffold.answers import Policy
from kgscaffold.errors import PreconditionError
from kgscaffold.plan.model import Kind
from kgscaffold.state.lock import read_lock, write_lock
from kgscaffold.state.paths import digest
from tests.unit.planning import (
    BODY,
    CORE,
    FIXED,
    HANDLER,
    Project,
    core,
    edit,
    handler,
    lock_of,
    rendering_of,
    text_of,
)


def test_nothing_changed_is_nothing_to_do() -> None:
    project = Project(rendering_of(core() | handler()))
    edit(project, HANDLER, "first = 1", "first = 'mine'")
    plan = project.plan(rendering_of(core() | handler()))
    assert {action.kind for action in plan.actions} == {Kind.KEEP}
    assert not plan.behind
    assert plan.lock == project.lock


def test_a_file_that_nobody_edited_is_replaced() -> None:
    project = Project(rendering_of(core()))
    project.files[CORE] = project.files[CORE].replace(b"\n", b"\r\n")
    actions = project.update(rendering_of(core(*FIXED)))
    assert actions["core/work"].kind is Kind.UPDATE
    assert project.files[CORE] == text_of("core/work", *FIXED).replace("\n", "\r\n").encode()
    assert project.lock.files[0].base == digest(text_of("core/work", *FIXED).encode())


def test_most_lines_decide_how_the_lines_of_a_replaced_file_end() -> None:
    project = Project(rendering_of(core()))
    project.files[CORE] = project.files[CORE].replace(b"\n", b"\r\n", 1)
    project.update(rendering_of(core(*FIXED)))
    assert project.files[CORE] == text_of("core/work", *FIXED).encode()


@pytest.mark.parametrize("files", [core, handler])
def test_both_changes_are_there_after_a_merge(files: object) -> None:
    assert callable(files)
    project = Project(rendering_of(files()))
    (path,) = project.files
    edit(project, path, "first = 1", "first = 'mine'")
    (action,) = project.update(rendering_of(files(*FIXED))).values()
    assert action.kind is Kind.MERGE
    assert "first = 'mine'" in project.text(path)
    assert "last = 10" in project.text(path)


def test_the_same_line_is_a_conflict_and_the_next_update_waits_for_a_person() -> None:
    project = Project(rendering_of(core()))
    edit(project, CORE, "last = 9", "last = 'mine'")
    plan = project.plan(rendering_of(core(*FIXED)))
    assert [action.kind for action in plan.actions] == [Kind.CONFLICT]
    assert plan.needs_person
    project.carry_out(plan)
    assert "last = 'mine'" in project.text(CORE)
    with pytest.raises(PreconditionError, match="conflict markers") as refused:
        project.plan(rendering_of(core(*FIXED)))
    assert refused.value.paths == (CORE,)


def test_what_the_user_did_already_is_recorded() -> None:
    project = Project(rendering_of(core()))
    edit(project, CORE, "last = 9", "last = 10")
    action = project.update(rendering_of(core(*FIXED)))["core/work"]
    assert (action.kind, action.writes) == (Kind.KEEP, False)
    assert project.lock.files[0].base == digest(text_of("core/work", *FIXED).encode())


def test_a_merge_that_no_longer_parses_needs_a_person() -> None:
    project = Project(rendering_of(core()))
    edit(project, CORE, "first = 1", "first = (")
    plan = project.plan(rendering_of(core(*FIXED)))
    assert [action.kind for action in plan.actions] == [Kind.MERGE]
    assert plan.needs_person
    assert "no longer parses" in plan.actions[0].notes[-1]


@pytest.mark.parametrize(
    ("files", "edited", "kind"),
    [(core, False, Kind.REMOVE), (core, True, Kind.KEEP), (handler, False, Kind.KEEP)],
)
def test_a_file_that_the_templates_drop(files: object, edited: bool, kind: Kind) -> None:
    assert callable(files)
    project = Project(rendering_of(files()))
    (path,) = project.files
    if edited:
        edit(project, path, "first = 1", "first = 'mine'")
    (action,) = project.update({}).values()
    assert action.kind is kind
    assert "dropped" in action.reason
    assert (path in project.files) == (kind is Kind.KEEP)
    assert project.lock.files == ()


def test_a_deleted_file_stays_deleted_and_can_come_back() -> None:
    project = Project(rendering_of(core()))
    content = project.files.pop(CORE)
    action = project.update(rendering_of(core(*FIXED)))["core/work"]
    assert (action.kind, action.after) == (Kind.KEEP, None)
    assert action.reason == "deleted by you; the templates changed it"
    project.files[CORE] = content
    assert project.update(rendering_of(core(*FIXED)))["core/work"].kind is Kind.UPDATE


@pytest.mark.parametrize("edited", [False, True])
def test_an_edit_follows_a_rename_by_the_templates(edited: bool) -> None:
    project = Project(rendering_of(core()))
    if edited:
        edit(project, CORE, "first = 1", "first = 'mine'")
    action = project.update(rendering_of(core(*FIXED, path="app/new.py")))["core/work"]
    assert (action.path, action.moved_from) == ("app/new.py", CORE)
    assert list(project.files) == ["app/new.py"]
    assert "last = 10" in project.text("app/new.py")
    assert ("mine" in project.text("app/new.py")) is edited


def test_a_fix_arrives_where_the_user_moved_the_file() -> None:
    project = Project(rendering_of(handler()))
    project.files["app/handlers/paid.py"] = project.files.pop(HANDLER)
    edit(project, "app/handlers/paid.py", "first = 1", "first = 'mine'")
    action = project.update(rendering_of(handler(*FIXED)))["handlers/success"]
    assert action.path == "app/handlers/paid.py"
    assert "last = 10" in project.text("app/handlers/paid.py")
    assert project.lock.files[0].path == "app/handlers/paid.py"
    assert project.lock.files[0].origin == HANDLER


def test_a_name_by_the_user_outlives_a_folder_by_the_templates() -> None:
    project = Project(rendering_of(handler()))
    project.files["app/handlers/paid.py"] = project.files.pop(HANDLER)
    project.update(rendering_of(handler()))
    project.update(rendering_of(handler(path="shop/handlers/success.py")))
    assert list(project.files) == ["shop/handlers/paid.py"]


def test_files_can_swap_their_names() -> None:
    one = {"a.py": text_of("core/a", "a = 1"), "b.py": text_of("core/b", "b = 1")}
    other = {"b.py": text_of("core/a", "a = 1"), "a.py": text_of("core/b", "b = 1")}
    project = Project(rendering_of(one))
    edit(project, "a.py", "a = 1", "a = 'mine'")
    project.update(rendering_of(other))
    assert "a = 'mine'" in project.text("b.py")
    assert "b = 1" in project.text("a.py")


def test_a_deleted_file_leaves_its_place_to_another() -> None:
    one = {"a.py": text_of("core/a", "a = 1"), "b.py": text_of("core/b", "b = 1")}
    other = {"b.py": text_of("core/a", "a = 2"), "a.py": text_of("core/b", "b = 1")}
    project = Project(rendering_of(one))
    del project.files["a.py"]
    project.update(rendering_of(other))
    assert list(project.files) == ["a.py"]
    assert read_lock(write_lock(project.lock)) == project.lock
    project.update(rendering_of(one))
    assert list(project.files) == ["b.py"]


def test_a_rename_to_where_a_dropped_file_stays_is_told_until_the_place_is_free() -> None:
    one = {"a.py": text_of("handlers/a", "a = 1"), "b.py": text_of("handlers/b", "b = 1")}
    project = Project(rendering_of(one))
    templates = rendering_of({"a.py": text_of("handlers/b", "b = 1")})
    plan = project.plan(templates)
    assert plan.needs_person
    project.carry_out(plan)
    assert list(project.files) == ["a.py", "b.py"]
    again = project.plan(templates)
    assert again.lock == project.lock
    assert not any(action.writes for action in again.actions)
    assert again.needs_person
    del project.files["a.py"]
    project.update(templates)
    assert list(project.files) == ["a.py"]
    assert not project.plan(templates).needs_person


def test_a_file_that_cannot_be_merged_keeps_its_place_from_another() -> None:
    one = {"a.py": text_of("core/a", "a = 1"), "b.py": text_of("core/b", "b = 1")}
    other = {"b.py": text_of("core/a", "a = 2"), "a.py": text_of("core/b", "b = 1")}
    project = Project(rendering_of(one))
    project.files["a.py"] += "# \xe4".encode("latin-1")
    before = dict(project.files)
    plan = project.plan(rendering_of(other))
    assert plan.needs_person
    project.carry_out(plan)
    assert before.items() <= project.files.items()
    assert set(project.files) - set(before) == {"a.py.kg-new"}


def test_a_rename_into_a_file_of_the_users_waits_beside_the_old_one() -> None:
    project = Project(rendering_of(core()))
    project.files["app/new.py"] = b"mine\n"
    plan = project.plan(rendering_of(core(*FIXED, path="app/new.py")))
    (action,) = plan.actions
    assert (action.kind, action.path) == (Kind.SIDECAR, f"{CORE}.kg-new")
    assert plan.needs_person
    project.carry_out(plan)
    assert project.files["app/new.py"] == b"mine\n"
    assert "last = 9" in project.text(CORE)


def test_a_new_file_never_takes_the_place_of_the_users() -> None:
    project = Project({})
    project.files[CORE] = b"mine\n"
    plan = project.plan(rendering_of(core()))
    (action,) = plan.actions
    assert (action.kind, action.path) == (Kind.SIDECAR, f"{CORE}.kg-new")
    project.carry_out(plan)
    assert project.files[CORE] == b"mine\n"
    again = project.plan(rendering_of(core()))
    assert again.needs_person
    assert not any(action.writes for action in again.actions)


def test_a_new_file_is_beside_the_others_in_a_folder_that_the_user_renamed() -> None:
    project = Project(rendering_of(core() | handler()))
    project.files = {f"pay{path.removeprefix('app')}": text for path, text in project.files.items()}
    wanted = {
        path: text_of(f"core/{path.rpartition('/')[2].removesuffix('.py')}", "new = 1")
        for path in ("app/more.py", "app/deep/down.py", "elsewhere/other.py")
    }
    actions = project.update(rendering_of(core() | handler() | wanted))
    assert actions["core/more"].reason == "new, beside the files that you moved"
    assert {"pay/more.py", "pay/deep/down.py", "elsewhere/other.py"} < project.files.keys()
    assert "app/more.py" not in project.files
    wanted["app/more.py"] += "newer = 2\n"
    assert project.update(rendering_of(core() | handler() | wanted))["core/more"].path == (
        "pay/more.py"
    )


def test_a_new_file_is_where_the_templates_have_it_while_one_of_its_folder_is_there() -> None:
    project = Project(rendering_of(core() | {"app/two.py": text_of("core/two", "two = 2")}))
    project.files["pay/core.py"] = project.files.pop(CORE)
    more = {"app/more.py": text_of("core/more", "new = 1")}
    files = core() | {"app/two.py": text_of("core/two", "two = 2")} | more
    project.update(rendering_of(files))
    assert "app/more.py" in project.files


def test_a_policy_that_the_lock_has_otherwise_is_refused() -> None:
    project = Project(rendering_of(core()))
    project.lock = project.lock._replace(
        files=(project.lock.files[0]._replace(policy=Policy.ONCE),)
    )
    with pytest.raises(PreconditionError, match="policy of core/work"):
        project.plan(rendering_of(core(*FIXED)))


def test_a_new_file_leaves_a_managed_one_that_was_moved_to_its_place() -> None:
    project = Project(rendering_of(handler()))
    project.files[CORE] = project.files.pop(HANDLER)
    moved = project.files[CORE]
    plan = project.plan(rendering_of(handler() | core()))
    assert plan.needs_person
    project.carry_out(plan)
    assert project.files[CORE] == moved
    assert read_lock(write_lock(project.lock)) == project.lock
    again = project.plan(rendering_of(handler() | core()))
    assert not any(action.writes for action in again.actions)
    assert again.lock == project.lock


def test_without_its_pristine_text_an_edited_file_is_left_alone() -> None:
    project = Project(rendering_of(core()))
    edit(project, CORE, "first = 1", "first = 'mine'")
    project.bases.clear()
    assert not project.plan(rendering_of(core())).behind
    plan = project.plan(rendering_of(core(*FIXED)))
    assert [action.kind for action in plan.actions] == [Kind.SIDECAR]
    assert "missing" in plan.actions[0].reason


def test_a_pristine_text_that_is_lost_is_found_in_an_unedited_file() -> None:
    project = Project(rendering_of(core()))
    project.bases.clear()
    assert project.update(rendering_of(core(*FIXED)))["core/work"].kind is Kind.UPDATE
    project.bases.clear()
    assert [digest(base) for base in project.plan(rendering_of(core(*FIXED))).bases] == [
        project.lock.files[0].base
    ]


@pytest.mark.parametrize(
    "content", [b"\x00\x01", "# kgscaffold:id=core/work\n\xe4".encode("latin-1")]
)
def test_what_is_no_text_gets_a_sidecar(content: bytes) -> None:
    project = Project(rendering_of(core()))
    project.files[CORE] = content
    plan = project.plan(rendering_of(core(*FIXED)))
    assert [action.kind for action in plan.actions] == [Kind.SIDECAR]
    assert plan.actions[0].after == text_of("core/work", *FIXED).encode()


def test_a_similar_file_in_the_place_of_a_dropped_one_shares_nothing_with_it() -> None:
    project = Project(rendering_of(core()))
    edit(project, CORE, "first = 1", "first = 'mine'")
    before = project.files[CORE]
    similar = {CORE: text_of("core/other", *BODY)}
    plan = project.plan(rendering_of(similar))
    assert {action.kind for action in plan.actions} == {Kind.KEEP, Kind.SIDECAR}
    project.carry_out(plan)
    assert project.files[CORE] == before
    again = project.plan(rendering_of(similar))
    assert again.lock == project.lock
    assert not any(action.writes for action in again.actions)


def test_an_unedited_file_gives_its_place_to_another() -> None:
    project = Project(rendering_of(core()))
    project.update(rendering_of({CORE: text_of("core/other", "other = 1")}))
    assert "other = 1" in project.text(CORE)


def test_a_project_of_a_later_version_is_refused() -> None:
    project = Project(rendering_of(core()))
    project.lock = lock_of(rendering_of(core()), tool="0.3.0")
    with pytest.raises(PreconditionError, match=r"newer kgscaffold \(0\.3\.0\)"):
        project.plan(rendering_of(core()), tool="0.2.9")
