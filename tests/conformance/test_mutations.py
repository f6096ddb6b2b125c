"""The rules can fail: each remedy taken away makes the rule of its trap fail, in each cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kgscaffold.render import render
from kgscaffold.verify.engine import prove
from kgscaffold.verify.model import Depth
from kgscaffold.verify.rules import all_rules
from tests.conformance.harness.ground import TestGround
from tests.conformance.harness.stacks import STACKS
from tests.conformance.harness.world import World
from tests.conformance.mutations import mutations_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conformance.mutations.edits import Mutation
    from tests.servers.reaper import Reaper

LEAST = 11
"""Of how many remedies each framework's usual form is proven to need."""


def test_every_remedy_is_found_where_it_is_taken_away(stack: str, tmp_path: Path) -> None:
    """Though the rules are played without it in thorough depth only."""
    there = STACKS[stack]
    concerned = mutations_of(there)
    files = render(there.answers).values()
    for name, mutation in concerned.items():
        project = tmp_path / name
        for file in files:
            (project / file.path).parent.mkdir(parents=True, exist_ok=True)
            (project / file.path).write_bytes(file.content)
        mutation.apply(project)
    assert there.form or len(concerned) >= LEAST


@pytest.mark.mutation
def test_without_the_remedy_the_rule_fails(stack: str, mutation: str, reaper: Reaper) -> None:
    taken = mutations_of(STACKS[stack])[mutation]
    told = _violations(stack, taken, reaper)
    assert told, f"{taken.rule} holds without the remedy"
    assert taken.says in told
    assert taken.says or "did not start" not in told


def _violations(stack: str, mutation: Mutation, reaper: Reaper) -> str:
    """What the rule says of the broken project, or what is said where it does not even start."""
    try:
        world = World(STACKS[stack], reaper, mutation.apply)
    except RuntimeError as error:
        if not mutation.says:
            raise
        return str(error)
    rule = all_rules()[mutation.rule]
    try:
        result = prove([rule], TestGround(world), Depth.STANDARD)[rule.name]
    finally:
        world.close()
    return result.text if result.violations else ""
