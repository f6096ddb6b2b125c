"""What is taken away of the remedies in Python's core and shop."""

from __future__ import annotations

from tests.conformance.mutations.edits import Edit, Mutation

PYTHON: dict[str, Mutation] = {
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
