"""What the handlers did, for the suite to see, and faults for them to suffer.

In the folder CONFORMANCE_FOLDER, `faults/<intent>.json` (else `faults/any.json`) holds, for
`apply` and `after_commit`, `{"fail": times (-1: always), "sleep": seconds,
"looks_up": whether the order is read on a second connection, "ends": how the transaction is
ended by the handler itself}`;
`attempts/<intent>.<stage>` grows by one byte at every call, and `announced.jsonl` by one line
at every `after_commit` that succeeded.
"""

import json
import os
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

CONCURRENCY = import_module("app.kryptogo.core.concurrency")
FOLDER = Path(os.environ.get("CONFORMANCE_FOLDER", "."))


class Payment(Protocol):
    @property
    def payment_intent_id(self) -> str: ...
    @property
    def order_id(self) -> str: ...


Apply = Callable[[Session, Any, Any], None]
AfterCommit = Callable[[Any, Any], None]
EFFECTS = sa.table(
    "effects",
    *(
        sa.column(name)
        for name in (
            "payment_intent_id",
            "status",
            "key",
            "order_id",
            "from_status",
            "claimed_status",
            "late",
            "skipped",
            "order_already_paid",
        )
    ),
)


def recorded(apply: Apply, find_order: Callable[[str], Any]) -> Apply:
    """`apply`, followed by a row in `effects` and then by the fault ordered for this payment.

    `find_order` reads on a session of its own.
    """

    def apply_and_record(tx: Session, payment: Any, event: Any) -> None:
        apply(tx, payment, event)
        row = {
            "payment_intent_id": payment.payment_intent_id,
            "status": str(event.status),
            "key": event.key,
            "order_id": str(payment.order_id),
            "from_status": None if event.from_status is None else str(event.from_status),
            "claimed_status": event.claimed_status,
            "late": bool(event.late),
            "skipped": bool(event.skipped),
            "order_already_paid": bool(event.order_already_paid),
        }
        tx.execute(sa.insert(EFFECTS).values(row))
        _suffer(payment, "apply", find_order, tx)

    return apply_and_record


def announced(after_commit: AfterCommit | None) -> AfterCommit:
    """`after_commit` (which may be missing), followed by a line in `announced.jsonl`."""

    def announce(payment: Any, event: Any) -> None:
        if after_commit is not None:
            after_commit(payment, event)
        _suffer(payment, "after_commit")
        line = {"intent": payment.payment_intent_id, "status": str(event.status), "key": event.key}
        _append(FOLDER / "announced.jsonl", json.dumps(line) + "\n")

    return announce


def _suffer(
    payment: Payment,
    stage: str,
    find_order: Callable[[str], Any] | None = None,
    tx: Session | None = None,
) -> None:
    if not (FOLDER / "faults").is_dir():
        return
    attempts = FOLDER / "attempts" / f"{payment.payment_intent_id}.{stage}"
    _append(attempts, ".")
    for name in (payment.payment_intent_id, "any"):
        file = FOLDER / "faults" / f"{name}.json"
        if not file.exists():
            continue
        fault = json.loads(file.read_text()).get(stage, {})
        if find_order is not None and fault.get("looks_up"):
            with CONCURRENCY.surroundings():  # in Flask an app context, with another `db.session`
                find_order(payment.order_id)
        time.sleep(fault.get("sleep", 0))
        if tx is not None and fault.get("ends"):
            getattr(tx, fault["ends"])()
        if fault.get("fail", 0) < 0 or attempts.stat().st_size <= fault.get("fail", 0):
            raise RuntimeError(f"ordered to fail in {stage}")
        return


def _append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)
