"""The README keeps its word: what it names is there, and what it shows may be pasted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kgscaffold.verify.rules import all_rules

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROOFS = re.findall(r"^\|[^|]+\|[^|]+\| `(\w+\.\w+)` \|$", README, re.MULTILINE)
BLOCKS = re.findall(r"^```\w*\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_ten_rows_say_what_goes_wrong() -> None:
    assert len(PROOFS) == 10


@pytest.mark.parametrize("name", PROOFS)
def test_the_proof_that_a_row_names_is_a_rule(name: str) -> None:
    assert name in all_rules()


def test_no_block_takes_a_project_back_when_it_is_pasted_whole() -> None:
    assert BLOCKS
    for block in BLOCKS:
        assert not re.search(r"kgscaffold (undo|eject)", block), block


def test_every_link_into_the_repository_leads_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
