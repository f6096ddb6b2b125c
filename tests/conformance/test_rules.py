"""Every rule of the contract, on every cell: the first one's test plays them all at once."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from kgscaffold.verify.engine import prove
from kgscaffold.verify.model import Depth
from kgscaffold.verify.rules import all_rules
from tests.conformance.harness.ground import TestGround
from tests.conformance.report import PROPERTY, RuleReport

if TYPE_CHECKING:
    from collections.abc import Callable

    from kgscaffold.verify.model import Result
    from tests.conformance.conftest import Worlds

RULES = all_rules()


class Proofs:
    """The results of each cell, of the rules that were chosen for it."""

    def __init__(self, chosen: dict[str, list[str]], worlds: Worlds, depth: Depth) -> None:
        self._chosen = chosen
        self._worlds = worlds
        self._depth = depth
        self._results: dict[str, dict[str, Result]] = {}
        self.seconds: dict[str, tuple[float, float]] = {}
        """How long each cell took, by the clock and of the processors."""

    def result(self, cell: str, rule: str) -> Result:
        """Give the rule's result; all rules of the cell are played when one is first asked for."""
        if cell not in self._results:
            began, used = time.monotonic(), sum(os.times()[:4])
            rules = [RULES[name] for name in self._chosen[cell]]
            self._results[cell] = prove(rules, TestGround(self._worlds[cell]), self._depth)
            self.seconds[cell] = (time.monotonic() - began, sum(os.times()[:4]) - used)
        return self._results[cell][rule]


@pytest.fixture(scope="session")
def proofs(request: pytest.FixtureRequest, worlds: Worlds) -> Proofs:
    depth = Depth[request.config.getoption("--depth").upper()]
    chosen: dict[str, list[str]] = {}
    for item in request.session.items:
        if isinstance(item, pytest.Function) and item.originalname == test_rule.__name__:
            stack, rule = (str(item.callspec.params[name]) for name in ("stack", "rule"))
            chosen.setdefault(stack, []).append(rule)
    return Proofs(chosen, worlds, depth)


def test_rule(
    stack: str, rule: str, proofs: Proofs, record_property: Callable[[str, object], None]
) -> None:
    result = proofs.result(stack, rule)
    report = RuleReport(
        stack,
        rule,
        result.cases,
        result.seconds,
        *proofs.seconds[stack],
        len(result.violations),
        result.figures,
    )
    record_property(PROPERTY, report.told())
    assert not result.violations, result.text
