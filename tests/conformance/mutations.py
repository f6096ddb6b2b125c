"""Deliberate faults: textual changes of a rendered project that a rule must notice.

`pytest tests/conformance/test_mutations.py --depth thorough --stack fastapi-sqlite -k no-wal`
plays the named rule on a fresh project without the remedy, and expects violations.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conformance.harness.stacks import Stack

_WORD = re.compile(r"\w+|[^\w\s]")
_WAITS = re.compile(r"\b(?:async|await)\s+")


@dataclass(frozen=True)
class Edit:
    """A text of one layer, and what takes its place, both in the async form.

    How the text is broken into lines, and whether it awaits, does not matter. `new` is indented as
    the line is that it begins in.
    """

    path: str
    """The end of the file's path: where a project keeps its app is its framework's own."""
    old: str
    new: str

    def apply(self, project: Path) -> bool:
        """Change the project where it has the file, and the text in it once; say whether."""
        for file in sorted(project.rglob(self.path)):
            text = file.read_text()
            found = _places(text, self.old)
            if len(found) != 1:
                continue
            ((start, end),) = found
            changed = text[:start] + self._fitting(text, start) + text[end:]
            if file.suffix == ".py":
                compile(changed, file, "exec")  # else anything at all would fail
            file.write_text(changed)
            return True
        return False

    def _fitting(self, text: str, start: int) -> str:
        """Give `new` as it is written at that place of the text."""
        line = text[:start].rpartition("\n")[2]
        indented = self.new.replace("\n", "\n" + " " * (len(line) - len(line.lstrip())))
        return indented if _WAITS.search(text) else _WAITS.sub("", indented)


def _places(text: str, sought: str) -> list[tuple[int, int]]:
    """Give where the words of `sought` stand in the text, whatever is between them."""
    waits = ("async", "await")
    words = [word for word in _WORD.finditer(text) if word[0] not in waits]
    wanted = [word for word in _WORD.findall(sought) if word not in waits]
    there, length = [word[0] for word in words], len(wanted)
    starts = (at for at in range(len(there)) if there[at : at + length] == wanted)
    return [(words[at].start(), words[at + length - 1].end()) for at in starts]


@dataclass(frozen=True)
class Mutation:
    """One remedy taken away, and the rule that fails without it."""

    why: str
    rule: str
    edits: tuple[Edit, ...]
    """One a layer that has the remedy: the first that finds its text is made."""
    one_writer: bool | None = None
    """Of which databases this is a remedy; None: of all."""
    framework: str | None = None
    says: str = ""
    """What is told where not even the start succeeds."""

    def concerns(self, stack: Stack) -> bool:
        """Say whether the stack has this remedy."""
        writers = self.one_writer in (None, stack.one_writer)
        return writers and self.framework in (None, stack.framework)

    def apply(self, project: Path) -> None:
        """Change the project; raises ValueError where no edit finds its text."""
        if not any(edit.apply(project) for edit in self.edits):
            raise ValueError(f"no text of this mutation is in the project: {self.why}")


MUTATIONS: dict[str, Mutation] = {
    "read-before-update": Mutation(
        "a transaction that reads first decides on what another one changes",
        "siblings.same_moment",
        (
            Edit(
                "core/store.py",
                "rows = await LOCK_ORDER(",
                """rows = (await tx.execute(PAYMENTS_OF_ORDER, {"of_order": order_id})).all()
await LOCK_ORDER(""",
            ),
        ),
    ),
    "no-wal": Mutation(
        "without a write-ahead log a reader shuts the writer out",
        "traps.patience",
        (
            Edit("app/db.py", '"journal_mode=WAL",', ""),
            Edit("app/engine.py", '"journal_mode=WAL",', ""),
        ),
        one_writer=True,
    ),
    "no-busy-timeout": Mutation(
        "without a busy timeout every collision of two writers is an error",
        "traps.patience",
        (
            Edit("app/db.py", '"timeout": 5', '"timeout": 0'),
            Edit("app/engine.py", '"timeout": 5', '"timeout": 0'),
        ),
        one_writer=True,
    ),
    "no-greenlet": Mutation(
        "SQLAlchemy brings no greenlet of its own any more",
        "acknowledgement.no_call",
        (Edit("pyproject.toml", "sqlalchemy[asyncio]", "sqlalchemy"),),
        framework="fastapi",
        says="greenlet",
    ),
    "pool-of-five": Mutation(
        "fewer connections than deliveries under way",
        "traps.patience",
        (
            Edit("app/db.py", "pool_size=20", "pool_size=5"),
            Edit("app/engine.py", '"pool_size": 20', '"pool_size": 5'),
        ),
        one_writer=False,
    ),
    "no-lease-fence": Mutation(
        "a worker that lost its lease still writes its verdict",
        "processes.overtaken",
        (
            Edit(
                "core/store.py",
                """c.state == bindparam("seen_state"),
    c.lease_token.is_not_distinct_from(bindparam("seen_token", type_=sa.String)),""",
                """c.id.in_(
        [c.id, bindparam("seen_state"), bindparam("seen_token", type_=sa.String)]
    ),""",
            ),
        ),
    ),
    "foreign-key-to-the-payment": Mutation(
        "a foreign key makes the callback wait for, and depend on, its payment",
        "unregistered.early",
        (
            Edit(
                "versions/0002_kryptogo.py",
                """"payment_intent_id", sa.String(64), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("claimed_status\"""",
                """"payment_intent_id",
    sa.String(64),
    sa.ForeignKey("kryptogo_payments.payment_intent_id"),
    nullable=False,
),
sa.Column("status", sa.String(32), nullable=False),
sa.Column("claimed_status\"""",
            ),
        ),
    ),
    "acknowledgement-locks-the-payment": Mutation(
        "storing a callback must not wait for an apply under way",
        "traps.under_lock",
        (
            Edit(
                "core/queue.py",
                "state = await store.accept(",
                """if payment := await store.get_payment(delivery.payment_intent_id):
    await store.lock_order(tx, payment.order_id, at)
state = await store.accept(""",
            ),
        ),
        one_writer=False,
    ),
    "acknowledgement-asks-kryptogo": Mutation(
        "a network call before the acknowledgement",
        "acknowledgement.no_call",
        (
            Edit(
                "core/queue.py",
                "state = await store.accept(",
                """from .client import get_intent

await get_intent(delivery.payment_intent_id)
state = await store.accept(""",
            ),
        ),
    ),
    "resolve-without-a-look": Mutation(
        "a review that is resolved already, by whomever, is resolved once more",
        "reviews.twice",
        (
            Edit(
                "core/review.py",
                """if not payment.needs_review:
        raise NotPossible(f"{intent_id} needs no review (it is {payment.status}): nothing changed")
    if payment.status == status:""",
                "if payment.status is None:",
            ),
        ),
    ),
    "handler-may-commit": Mutation(
        "what a handler commits itself is half of a payment",
        "handlers.ends_transaction",
        (Edit("core/settle.py", "with uncommitted(tx):", "if tx:"),),
    ),
    "review-outlives-its-answer": Mutation(
        "a payment that was applied since still asks for a person",
        "reviews.cleared",
        (Edit("core/settle.py", "needs_review=False, review_reason=None", ""),),
    ),
    "compressed-answers": Mutation(
        "httpx unpacks a part of an answer whole before its size can be looked at",
        "provider.bombs",
        (Edit("core/client.py", 'coding.lower() != "identity"', 'coding.lower() == "never"'),),
    ),
    "sweep-believes-the-clock": Mutation(
        "after a clock was set back nothing brings on what waits",
        "clock.set_back",
        (
            Edit(
                "core/worker.py",
                "store.make_due(tx, at, latest_attempts(at), at + 2 * LEASE)",
                "store.adopt(tx, at)",
            ),
        ),
    ),
}
