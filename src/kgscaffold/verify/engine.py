"""Plays rules on one cell: those that measure alone, then all others at the same time."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from kgscaffold.verify.model import Depth, Place, Result, Violation
from kgscaffold.verify.stage import Common, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kgscaffold.verify.rule import Rule
    from kgscaffold.verify.stage import Ground

AT_ONCE = {Place.SHARED: 20, Place.OWN: 8}
"""Rules played at the same time: those with an app of their own beside the shared ones.

Waits overlap, and no rule is so slow that a bound of the contract (three minutes) passes meanwhile.
"""
LONGEST = {Depth.STANDARD: 900.0, Depth.THOROUGH: 1200.0}
"""Seconds after which a rule is given up."""
_THREADS = 384
log = logging.getLogger(__name__)


def prove(rules: Sequence[Rule], ground: Ground, depth: Depth) -> dict[str, Result]:
    """Play the rules and give their results by name; what they need must be given."""
    return asyncio.run(_prove(rules, ground, depth))


async def _prove(rules: Sequence[Rule], ground: Ground, depth: Depth) -> dict[str, Result]:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS))
    common = Common(ground, depth)
    ordered = sorted(rules, key=lambda rule: not rule.long)
    by_place = {place: [rule for rule in ordered if rule.place == place] for place in Place}
    turns = {place: asyncio.Semaphore(number) for place, number in AT_ONCE.items()}

    async def in_turn(rule: Rule) -> Result:
        async with turns[rule.place]:
            return await _played(rule, common)

    async with common.closing:
        results = [await _played(rule, common) for rule in by_place[Place.QUIET]]
        if by_place[Place.SHARED]:
            common.app = await common.shared()
        beside = (*by_place[Place.OWN], *by_place[Place.SHARED])
        results += await asyncio.gather(*map(in_turn, beside))
    return {result.name: result for result in results}


async def _played(rule: Rule, common: Common) -> Result:
    result = Result(rule.name, rule.states)
    began = time.monotonic()
    try:
        async with asyncio.timeout(LONGEST[common.depth]):
            await rule.play(Stage(common, result))
    except Exception as error:
        told = "".join(traceback.format_exception(error)[-3:])
        result.violations.append(Violation("the rule", "is played to its end", "no error", told))
    result.seconds = time.monotonic() - began
    broken = len(result.violations)
    log.info("%s: %.0f s, %d violations", rule.name, result.seconds, broken)
    if not result.cases and not result.violations:
        result.violations.append(Violation("the rule", "compares something", "a case", "none"))
    return result
