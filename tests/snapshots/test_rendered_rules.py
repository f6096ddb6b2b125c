"""The rules of the generated core, which are pure functions, against the contract's own words."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.snapshots.trees import PYTHON, rendered

if TYPE_CHECKING:
    from pathlib import Path

ORDER = ("pending", "success", "expired", "insufficient_not_refunded", "insufficient_refunded")
TABLE = {
    "pending": ("duplicate", "applied", "applied", "applied", "applied"),
    "expired": ("stale", "applied", "duplicate", "applied", "applied"),
    "insufficient_not_refunded": ("stale", "applied", "stale", "duplicate", "applied"),
    "insufficient_refunded": ("stale", "conflict", "stale", "stale", "duplicate"),
    "success": ("stale", "duplicate", "conflict", "conflict", "conflict"),
}
"""What becomes of a payment of ours (the key), for KryptoGO's status in ORDER."""
PROGRAM = """
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from app.kryptogo.core import decision, schedule
from app.kryptogo.core.model import Callback, Delivery, State, Status

at = datetime(2026, 1, 1, tzinfo=UTC)
far = at + timedelta(hours=1)
new = Callback(
    id="1", payment_intent_id="i", status="success", claimed_status="success", payload={},
    deliveries=1, state=State.PENDING, outcome=None, applied_status=None, attempts=1,
    ahead_since=None, next_attempt_at=far, lease_token=None, lease_until=None, last_error=None,
    first_received_at=at, last_received_at=at, processed_at=None,
)
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
print(json.dumps({
    "table": {ours: [decision.decide(ours, Status(their)) for their in %r] for ours in Status},
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


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What the rules of a rendered core give."""
    folder: Path = tmp_path_factory.mktemp("rules")
    for path, content in rendered(PYTHON[0]).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    command = [sys.executable, "-c", PROGRAM % (ORDER,)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_decision_is_the_contract_s_table(told: Any) -> None:
    assert told["table"] == {ours: list(moves) for ours, moves in TABLE.items()}


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
