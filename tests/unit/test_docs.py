"""What docs/ says of the code is so: its parts, its exit codes, its scenarios, its links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kgscaffold.errors import ExitCode
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


@pytest.mark.parametrize("path", [REPOSITORY / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))])
def test_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / link).exists(), link
