"""`--only security`: what is taken, what waits, and what is said about it."""

from __future__ import annotations

import pytest

from kgscaffold.plan.model import Kind, Plan
from kgscaffold.plan.selection import pending, security_files
from kgscaffold.render.changelog import ChangeClass, TemplateChange
from tests.unit.planning import Project, rendering_of, text_of

OLD = rendering_of({f"{name}.py": text_of(f"core/{name}", "x = 1") for name in "abcd"})
NEW = rendering_of({f"{name}.py": text_of(f"core/{name}", "x = 2") for name in "abcde"})


def change(kind: str, *names: str, version: str = "0.2.0") -> TemplateChange:
    ids = tuple(f"core/{name}" for name in names)
    return TemplateChange(version, ChangeClass(kind), f"{kind} {names}", ids)


LOG = (
    change("security", "a"),
    change("feature", "b"),
    change("style", "c", "e"),
    change("correctness", "d"),
)


def kinds(plan: Plan) -> dict[str, Kind]:
    return {action.id.removeprefix("core/"): action.kind for action in plan.actions}


def test_only_the_files_of_security_changes_are_taken() -> None:
    project = Project(OLD)
    plan = project.plan(NEW, LOG, only_security=True)
    assert kinds(plan) == {"a": Kind.UPDATE} | dict.fromkeys("bcde", Kind.KEEP)
    assert all(action.changes for action in plan.actions)
    assert (plan.lock.tool, plan.lock.complete) == ("0.2.0", "0.1.0")


def test_twice_is_a_no_op_and_the_rest_comes_later_with_its_reasons() -> None:
    project = Project(OLD)
    project.carry_out(project.plan(NEW, LOG, only_security=True))
    again = project.plan(NEW, LOG, only_security=True)
    assert not again.behind
    assert again.lock == project.lock
    rest = project.plan(NEW, LOG)
    assert rest.lock.complete is None
    assert {action.id: action.changes for action in rest.actions if action.writes} == {
        "core/b": (LOG[1],),
        "core/c": (LOG[2],),
        "core/d": (LOG[3],),
        "core/e": (LOG[2],),
    }


@pytest.mark.parametrize(
    ("log", "taken"),
    [
        ((), ""),
        ((change("feature", "a", "b"),), ""),
        ((change("security", "a", "b"),), "ab"),
        ((change("security", "a"), change("feature", "a", "b"), change("style", "b", "c")), "abc"),
        ((change("security", "a"), change("feature", "b", "c")), "a"),
    ],
)
def test_a_change_and_a_file_are_taken_whole_or_not_at_all(
    log: tuple[TemplateChange, ...], taken: str
) -> None:
    assert security_files(log) == {f"core/{name}" for name in taken}


def test_only_later_releases_count_and_the_gravest_comes_first() -> None:
    log = [
        change("style", "a", version="0.3.0"),
        change("security", "a", version="0.10.0"),
        change("security", "a", version="0.2.0"),
        change("security", "a", version="0.1.0"),
    ]
    found = pending(log, "0.1.0")
    assert [one.version for one in found] == ["0.2.0", "0.10.0", "0.3.0"]
