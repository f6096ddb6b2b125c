"""FILE.kg-new: what could not be merged, until a person has dealt with it."""

from __future__ import annotations

import pytest

from kgscaffold.errors import PreconditionError
from kgscaffold.plan.model import Kind
from tests.unit.planning import BODY, CORE, FIXED, Project, core, rendering_of, text_of


def test_a_sidecar_that_was_deleted_is_not_written_again_until_the_templates_change() -> None:
    project = Project({})
    project.files[CORE] = b"mine\n"
    project.carry_out(project.plan(rendering_of(core())))
    del project.files[f"{CORE}.kg-new"]
    assert not project.plan(rendering_of(core())).behind
    later = project.plan(rendering_of(core(*FIXED)))
    assert [action.kind for action in later.actions] == [Kind.SIDECAR]
    assert project.files[CORE] == b"mine\n"


def test_a_sidecar_that_nobody_touched_is_renewed() -> None:
    project = Project({})
    project.files[CORE] = b"mine\n"
    project.carry_out(project.plan(rendering_of(core())))
    plan = project.plan(rendering_of(core(*FIXED)))
    assert "changed again" in plan.actions[0].reason
    project.carry_out(plan)
    assert project.text(f"{CORE}.kg-new") == text_of("core/work", *FIXED)
    assert project.files[CORE] == b"mine\n"


def test_a_sidecar_that_was_brought_into_the_file_makes_it_managed() -> None:
    project = Project({})
    project.files[CORE] = b"mine = 1\n"
    project.carry_out(project.plan(rendering_of(core())))
    project.files[CORE] = project.files.pop(f"{CORE}.kg-new") + b"mine = 1\n"
    action = project.update(rendering_of(core("first = 2", *BODY[1:])))["core/work"]
    assert action.kind is Kind.MERGE
    assert "mine = 1" in project.text(CORE)
    assert "first = 2" in project.text(CORE)


def test_a_sidecar_being_worked_on_is_not_overwritten() -> None:
    project = Project({})
    project.files[CORE] = b"mine\n"
    project.carry_out(project.plan(rendering_of(core())))
    project.files[f"{CORE}.kg-new"] += b"# a note\n"
    with pytest.raises(PreconditionError) as refused:
        project.plan(rendering_of(core(*FIXED)))
    assert refused.value.paths == (f"{CORE}.kg-new",)
