"""The rules of the generated cores, which are pure functions, against the contract's own words.

Each language says the same of the same cases: Python by PROGRAM, Node by `node_gates/rules.mjs`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from node_tools import find_node

from kgscaffold.answers import Answers, LanguageName
from kgscaffold.verify.statuses import (
    APPLY,
    DECISIONS,
    LATE,
    REACHED,
    SKIPPED,
    STATUSES,
    standing,
)
from tests.snapshots.node_forms import CELLS, GATES, form_of, packages_of
from tests.snapshots.trees import PYTHON, name_of, rendered, write

if TYPE_CHECKING:
    from pathlib import Path

PAIRS = list(product(STATUSES, STATUSES))
"""Our status, and KryptoGO's."""
# No rule differs between databases, nor between frameworks of one form.
CORES = [PYTHON[0], *{form_of(cell): cell for cell in reversed(CELLS)}.values()]
PROGRAM = """
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

from app.kryptogo.core import decision, schedule
from app.kryptogo.core.model import Callback, Delivery, Facts, Payment, State, Status

at = datetime(2026, 1, 1, tzinfo=UTC)
far = at + timedelta(hours=1)
new = Callback(
    id="1", payment_intent_id="i", status="success", claimed_status="success", payload={},
    deliveries=1, state=State.PENDING, outcome=None, applied_status=None, attempts=1,
    ahead_since=None, next_attempt_at=far, lease_token=None, lease_until=None, last_error=None,
    first_received_at=at, last_received_at=at, processed_at=None,
)
payment = Payment(
    payment_intent_id="i", order_id="o", client_id="c", environment="test", status=Status.PENDING,
    expected_fiat_amount="1", fiat_currency="TWD", payment_deadline=far, needs_review=False,
    review_reason=None, last_verified_at=None, next_check_at=None, created_at=at, updated_at=at,
)
pairs = list(product(Status, Status))
seconds = lambda time: (time - at).total_seconds()
def delivered(**row):
    seen = replace(new, **row)
    then = schedule.delivered_again(seen, Delivery("i", "success", "success", {}), at)
    state = None if then.state == seen.state else then.state
    return [state, None if then.next_attempt_at == far else seconds(then.next_attempt_at)]
def looks():
    callback, time, found = new, at, []
    while later := schedule.after_lag(callback, time):
        found.append(seconds(time))
        time, callback = later.next_attempt_at, replace(later, attempts=later.attempts + 1)
    return [*found, seconds(time)]
def failures():
    found = []
    for attempts in range(1, 12):
        then = schedule.after_failure(replace(new, attempts=attempts), "why", at)
        found.append("dead" if then.state == State.DEAD else seconds(then.next_attempt_at))
    return found
old = at - timedelta(hours=1)
done = {"state": State.DONE, "processed_at": old}
def event(ours, theirs):
    told = decision.event_of(replace(payment, status=ours), theirs, False, None, Facts())
    return {"late": told.late, "skipped": told.skipped}
print(json.dumps({
    "statuses": list(Status),
    "decisions": [decision.decide(*pair) for pair in pairs],
    "claims": [
        [decision.settle_claim(claim, *pair).name.lower() for claim in (None, *Status)]
        for pair in pairs
    ],
    "events": [event(*pair) for pair in pairs],
    "looks": looks(),
    "failures": failures(),
    "spare": seconds(schedule.latest_attempts(at)[4]),
    "waits": delivered(),
    "looked at": delivered(lease_until=at - timedelta(seconds=9)),
    "leased": delivered(lease_until=at + timedelta(seconds=90)),
    "due": delivered(next_attempt_at=old),
    "rejected": delivered(state=State.REJECTED),
    "dead": delivered(state=State.DEAD),
    "dead after a change": delivered(state=State.DEAD, applied_status="success"),
    "applied": delivered(**done, outcome="applied"),
    "stale": delivered(**done, outcome="stale"),
    "just stale": delivered(state=State.DONE, outcome="stale", processed_at=at),
    "recheck": delivered(state=State.DONE, outcome="duplicate", status="recheck", processed_at=at),
}))
"""


@pytest.fixture(scope="module", params=CORES, ids=name_of)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the rules of a rendered core give."""
    answers: Answers = request.param
    folder: Path = tmp_path_factory.mktemp("rules")
    write(rendered(answers), folder)
    command = [sys.executable, "-c", PROGRAM]
    if answers.language is not LanguageName.PYTHON:
        (folder / "node_modules").symlink_to(packages_of(form_of(answers)) / "node_modules")
        shutil.copy(GATES / "rules.mjs", folder)
        reader = ["--import", "tsx"] if answers.language is LanguageName.TYPESCRIPT else []
        command = [find_node(), *reader, "rules.mjs", f"{answers.module}/core"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_decision_is_the_contract_s_table(told: Any) -> None:
    assert told["statuses"] == list(STATUSES)
    assert dict(zip(PAIRS, told["decisions"], strict=True)) == DECISIONS


def test_a_claim_stands_where_the_table_leads(told: Any) -> None:
    """`recheck` claims nothing."""
    found = dict(zip(PAIRS, told["claims"], strict=True))
    for pair in PAIRS:
        assert found[pair] == [REACHED, *(standing(claim, *pair) for claim in STATUSES)], pair


def test_a_handler_is_told_that_a_change_is_late_or_skipped_a_status(told: Any) -> None:
    found = dict(zip(PAIRS, told["events"], strict=True))
    applied = [pair for pair in PAIRS if DECISIONS[pair] == APPLY]
    assert {pair: found[pair] for pair in applied} == {
        pair: {"late": pair in LATE, "skipped": pair in SKIPPED} for pair in applied
    }


def test_a_claim_that_is_ahead_is_looked_at_on_the_one_schedule_for_three_minutes(
    told: Any,
) -> None:
    assert told["looks"] == [0, 2, 12, 42, 162, 180]


def test_a_failure_is_tried_again_on_the_one_schedule_and_then_is_dead(told: Any) -> None:
    waits = [2, 10, 30, 120, 600, 1800, 3600, 10800, 21600]
    assert told["failures"] == [*waits, "dead", "dead"]
    assert told["spare"] == waits[3] + 120


@pytest.mark.parametrize(
    ("row", "state", "due"),
    [
        ("waits", None, 0),
        ("looked at", None, 10),
        ("leased", None, 10),
        ("due", None, -3600),
        ("rejected", "pending", 0),
        ("dead", "pending", 0),
        ("dead after a change", "applied", 0),
        ("applied", None, None),
        ("stale", "pending", 0),
        ("just stale", None, None),
        ("recheck", "pending", 0),
    ],
)
def test_a_delivery_opens_what_was_never_applied_and_makes_due_what_waits(
    told: Any, row: str, state: str | None, due: float | None
) -> None:
    assert told[row] == [state, due]
