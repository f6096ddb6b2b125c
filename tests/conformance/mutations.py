"""Deliberate faults: textual changes of a rendered project that a test must notice.

`pytest tests/conformance -m mutation` applies each to a fresh project and expects its test to
fail; with KGSCAFFOLD_TEST_MUTATION=<name> any test can be run against the broken project by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MUTATION_VARIABLE = "KGSCAFFOLD_TEST_MUTATION"
SQLITE, POSTGRESQL = "fastapi-sqlite", "fastapi-postgresql"


@dataclass(frozen=True)
class Mutation:
    """One remedy taken away, and the test that fails without it."""

    why: str
    stack: str
    path: str
    old: str
    new: str
    test: str
    says: str = ""
    """What the output names where not even the start succeeds."""

    def apply(self, project: Path) -> None:
        """Change the project; raises ValueError where it no longer has the text, once."""
        file = project / self.path
        text = file.read_text()
        if text.count(self.old) != 1:
            raise ValueError(f"{self.path} has {text.count(self.old)} times {self.old!r}")
        file.write_text(text.replace(self.old, self.new))


_LOCK = """    rows = await statements.LOCK_ORDER(tx, {"of_order": order_id, "updated_at": at})
"""
_READ_FIRST = """    unlocked = statements.PAYMENTS_OF_ORDER
    rows = (await tx.execute(unlocked, {"of_order": order_id})).all()
"""
_SIBLINGS = "tests/conformance/test_traps.py::test_two_successes_of_one_order"
_LONG_READER = "tests/conformance/test_traps.py::test_a_reader_that_takes_its_time"
_SHORT_WRITER = "tests/conformance/test_traps.py::test_a_writer_of_a_second"
_SIXTEEN = "tests/conformance/test_traps.py::test_sixteen_deliveries_wait"
_UNDER_LOCK = "tests/conformance/test_traps.py::test_the_first_delivery_about"
_OVERTAKEN = "tests/conformance/test_processes.py::test_a_process_that_was_overtaken"
_UNREGISTERED = "tests/conformance/test_unregistered.py::test_callbacks_seconds_before"
_NO_CALL = "tests/conformance/test_acknowledgement.py::test_no_call_of_the_api"
_RESOLVED_TWICE = "tests/conformance/test_review.py::test_a_review_resolved_twice"
_CLEARED = "tests/conformance/test_review.py::test_a_change_that_is_applied_clears"
_SET_BACK = "tests/conformance/test_clock.py::test_what_waits_longer"
_BOMB = "tests/conformance/test_provider.py::takes_no_memory[fastapi-sqlite-2]"

MUTATIONS: dict[str, Mutation] = {
    "sqlite-read-before-update": Mutation(
        "a transaction that reads first decides on what another one changes",
        SQLITE,
        "app/kryptogo/core/store.py",
        _LOCK,
        _READ_FIRST,
        _SIBLINGS,
    ),
    "postgresql-read-before-update": Mutation(
        "a transaction that reads first decides on what another one changes",
        POSTGRESQL,
        "app/kryptogo/core/store.py",
        _LOCK,
        _READ_FIRST,
        _SIBLINGS,
    ),
    "sqlite-no-wal": Mutation(
        "without a write-ahead log a reader shuts the writer out",
        SQLITE,
        "app/db.py",
        '"journal_mode=WAL", ',
        "",
        _LONG_READER,
    ),
    "sqlite-no-busy-timeout": Mutation(
        "without a busy timeout every collision of two writers is an error",
        SQLITE,
        "app/db.py",
        '"timeout": 5',
        '"timeout": 0',
        _SHORT_WRITER,
    ),
    "no-greenlet": Mutation(
        "SQLAlchemy brings no greenlet of its own any more",
        SQLITE,
        "pyproject.toml",
        "sqlalchemy[asyncio]",
        "sqlalchemy",
        _NO_CALL,
        says="greenlet",
    ),
    "pool-of-five": Mutation(
        "fewer connections than deliveries under way",
        POSTGRESQL,
        "app/db.py",
        "pool_size=20",
        "pool_size=5",
        _SIXTEEN,
    ),
    "no-lease-fence": Mutation(
        "a worker that lost its lease still writes its verdict",
        SQLITE,
        "app/kryptogo/core/statements.py",
        """    c.state == given("seen_state", c.state),
    c.lease_token.is_not_distinct_from(given("seen_token", c.lease_token)),
""",
        "",
        _OVERTAKEN,
    ),
    "foreign-key-to-the-payment": Mutation(
        "a foreign key makes the callback wait for, and depend on, its payment",
        POSTGRESQL,
        "migrations/versions/0002_kryptogo.py",
        """        sa.Column("payment_intent_id", sa.String(64), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("claimed_status\"""",
        """        sa.Column(
            "payment_intent_id",
            sa.String(64),
            sa.ForeignKey("kryptogo_payments.payment_intent_id"),
            nullable=False,
        ),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("claimed_status\"""",
        _UNREGISTERED,
    ),
    "acknowledgement-locks-the-payment": Mutation(
        "storing a callback must not wait for an apply under way",
        POSTGRESQL,
        "app/kryptogo/core/queue.py",
        """    while True:
        state = await store.accept""",
        """    from sqlalchemy import text

    own = {"intent": delivery.payment_intent_id}
    locking = "SELECT 1 FROM kryptogo_payments WHERE payment_intent_id = :intent FOR UPDATE"
    await tx.execute(text(locking), own)
    while True:
        state = await store.accept""",
        _UNDER_LOCK,
    ),
    "acknowledgement-asks-kryptogo": Mutation(
        "a network call before the acknowledgement",
        POSTGRESQL,
        "app/kryptogo/core/route.py",
        """    if not stored:
        return""",
        """    from .client import get_intent

    await get_intent(delivery.payment_intent_id)
    if not stored:
        return""",
        _NO_CALL,
    ),
    "resolve-without-a-look": Mutation(
        "a review that is resolved already, by whomever, is resolved once more",
        SQLITE,
        "app/kryptogo/core/review.py",
        """    if not payment.needs_review:
        raise NotPossible(f"{intent_id} needs no review (it is {payment.status}): nothing changed")
    if payment.status == status:
""",
        """    if payment.status is None:
""",
        _RESOLVED_TWICE,
    ),
    "review-outlives-its-answer": Mutation(
        "a payment that was applied since still asks for a person",
        SQLITE,
        "app/kryptogo/core/settle.py",
        """            changed = replace(changed, needs_review=False, review_reason=None)
""",
        """            changed = replace(changed)
""",
        _CLEARED,
    ),
    "compressed-answers": Mutation(
        "httpx unpacks a part of an answer whole before its size can be looked at",
        SQLITE,
        "app/kryptogo/core/client.py",
        """        if coding.lower() != "identity":  # a kilobyte may unpack to a gigabyte
            raise ProviderError(f"{method} intent: the answer is compressed ({coding:.64})")
        async for part in response.aiter_bytes():
""",
        """        async for part in response.aiter_bytes():
""",
        _BOMB,
    ),
    "sweep-believes-the-clock": Mutation(
        "after a clock was set back nothing brings on what waits",
        SQLITE,
        "app/kryptogo/core/worker.py",
        """    await store.make_due(tx, at, latest_attempts(at), at + 2 * LEASE)
""",
        "",
        _SET_BACK,
    ),
}
