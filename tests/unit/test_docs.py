"""What docs/ says of the code is so: its parts, its exit codes, its scenarios, its links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kgscaffold.errors import ExitCode
from kgscaffold.verify.statuses import (
    APPLY,
    DECISIONS,
    HOLD,
    LATE,
    SAME,
    SKIPPED,
    STALE,
    STATUSES,
)
from tests.merge import scenarios_blocks, scenarios_files, scenarios_state, scenarios_texts
from tests.merge.table import TABLE
from tests.unit.test_architecture import PARTS

REPOSITORY = Path(__file__).parents[2]
# Importing them fills the table.
PLAYED = (scenarios_blocks, scenarios_files, scenarios_state, scenarios_texts)
DOCS = REPOSITORY / "docs"


def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_every_part_is_explained() -> None:
    rows = [line for line in text_of("architecture.md").splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    assert PARTS.keys() - {"__main__"} <= named


def test_every_exit_code_is_explained() -> None:
    told = set(re.findall(r"^\| (\d+) \|", text_of("architecture.md"), re.MULTILINE))
    assert told == {str(int(code)) for code in ExitCode}


def test_every_scenario_is_told_and_played() -> None:
    told = set(re.findall(r"^\| (S\d+) \|", text_of("regeneration.md"), re.MULTILINE))
    assert told == {scenario.number for scenario in TABLE}


def test_the_decision_table_is_told_as_it_is() -> None:
    lines = text_of("contract.md").partition("| | pending |")[2].splitlines()[2:7]
    words = {APPLY: "APPLY", SAME: "same", STALE: "stale", HOLD: "HOLD"}
    for line in lines:
        ours, *told = (cell.strip() for cell in line.strip("|").split("|"))
        for theirs, text in zip(STATUSES, told, strict=True):
            pair = (ours, theirs)
            assert text.partition(",")[0] == words[DECISIONS[pair]], pair
            assert ("late" in text, "skipped" in text) == (pair in LATE, pair in SKIPPED), pair
    assert {line.split("|")[1].strip() for line in lines} == set(STATUSES)


@pytest.mark.parametrize("path", [REPOSITORY / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))])
def test_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / link).exists(), link
