"""What is taken away of the remedies in Node's core and shop."""

from __future__ import annotations

from tests.conformance.mutations.edits import Edit, Mutation

NODE: dict[str, Mutation] = {
    "no-idempotency-key": Mutation(
        "each delivery of one status becomes a callback of its own",
        "answers.six_rows",
        (
            Edit(
                "0002_kryptogo.ts",
                "CONSTRAINT uq_kryptogo_callbacks_key UNIQUE (payment_intent_id, status)",
                "CONSTRAINT uq_kryptogo_callbacks_key UNIQUE (id)",
            ),
        ),
    ),
    "no-lease-fence": Mutation(
        "a worker that lost its lease still writes its verdict",
        "processes.overtaken",
        (
            Edit(
                "core/callbacks.ts",
                'sql += " WHERE id = ? AND state = ?";',
                """sql += " WHERE id = ? AND state <> ?";
if (seen.id) return (await run(db, sql, [...values, seen.id, ""])).changed === 1;""",
            ),
        ),
    ),
    "token-not-compared": Mutation(
        "any token at all is taken for the right one",
        "answers.refused",
        (
            Edit(
                "core/payload.ts",
                "callbackToken !== null && !isEqual(given, callbackToken)",
                "callbackToken !== null && !given",
            ),
        ),
    ),
    "body-without-a-bound": Mutation(
        "a callback may be of any size",
        "answers.refused",
        (Edit("core/payload.ts", "MAX_BODY = 64 * 1024;", "MAX_BODY = 64 * 1024 * 1024;"),),
    ),
    "amount-not-compared": Mutation(
        "a cent pays for anything",
        "verification.differs",
        (Edit("core/decision.ts", "!amount.eq(payment.expected_fiat_amount)", "amount.lt(0)"),),
    ),
    "paid-twice": Mutation(
        "a second success of one order is fulfilled as well",
        "siblings.second_success",
        (
            Edit(
                "core/decision.ts",
                'one.orderPaid && theirs === "success"',
                'one.orderPaid && theirs === "pending"',
            ),
        ),
    ),
    "read-before-update": Mutation(
        "a transaction that reads first decides on what another one changes",
        "siblings.same_moment",
        (
            Edit(
                "core/store.ts",
                "const rows = await dialect.changedRows(",
                """const read_first = `${SELECT} WHERE order_id = ?`;
const { rows } = await run(tx, read_first, [orderId]);
await dialect.changedRows(""",
            ),
        ),
    ),
    "answer-from-before": Mutation(
        "an answer of KryptoGO's decides though a faster worker has had a newer one",
        "verification.overtaken",
        (
            Edit(
                "core/settle.ts",
                "verifiedAt !== seen.last_verified_at?.getTime()",
                "verifiedAt === -1",
            ),
        ),
    ),
    "redirects-followed": Mutation(
        "whoever KryptoGO's address sends us to is believed, and sees the key",
        "provider.outages",
        (Edit("core/client.ts", 'redirect: "manual"', 'redirect: "follow"'),),
    ),
    "answer-without-a-bound": Mutation(
        "an answer without an end is read until its time is over",
        "provider.outages",
        (Edit("core/client.ts", "size > MAX_ANSWER", "size > 1e12"),),
    ),
    "handler-may-commit": Mutation(
        "what a handler commits itself is half of a payment",
        "handlers.ends_transaction",
        (
            Edit(
                "core/change.ts",
                "await unended(tx, () => handle(() => handler.apply(tx, changed, event)));",
                """void unended;
await handle(() => handler.apply(tx, changed, event));""",
            ),
        ),
    ),
    "key-of-the-moment": Mutation(
        "after_commit has another key each time, so that mail goes out twice",
        "decisions.handlers",
        (
            Edit(
                "core/decision.ts",
                "key: `${payment.payment_intent_id}:${status}`",
                "key: `${payment.payment_intent_id}:${String(Date.now())}`",
            ),
        ),
    ),
    "review-outlives-its-answer": Mutation(
        "a payment that was applied since still asks for a person",
        "reviews.cleared",
        (
            Edit(
                "core/change.ts",
                "changed.needs_review = false; changed.review_reason = null;",
                "",
            ),
        ),
    ),
    "resolve-without-a-look": Mutation(
        "a review that is resolved already, by whomever, is resolved once more",
        "reviews.twice",
        (Edit("core/review.ts", "if (!payment.needs_review) {", "if (!payment.order_id) {"),),
    ),
    "sweep-believes-the-clock": Mutation(
        "after a clock was set back nothing brings on what waits",
        "clock.set_back",
        (
            Edit(
                "core/worker.ts",
                "await store.makeDue(tx, at, latestAttempts(at), later(at, 2 * LEASE_SECONDS));",
                "void latestAttempts;",
            ),
        ),
    ),
    "acknowledgement-locks-the-payment": Mutation(
        "storing a callback must not wait for an apply under way",
        "traps.under_lock",
        (
            Edit(
                "core/queue.ts",
                "const state = await store.accept(",
                """await store.lockedPayment(db as never, row.payment_intent_id);
const state = await store.accept(""",
            ),
        ),
        one_writer=False,
    ),
    "acknowledgement-asks-kryptogo": Mutation(
        "a network call before the acknowledgement",
        "acknowledgement.no_call",
        tuple(
            Edit(
                path,
                "const storing = accept(",
                """const { getIntent } = await import("./client.js");
await getIntent(context, delivery.payment_intent_id);
const storing = accept(""",
            )
            for path in ("core/route.ts", "core/receive.ts")
        ),
    ),
    "no-drain": Mutation(
        "the process ends in the middle of an apply",
        "processes.drained",
        (Edit("src/server.ts", "await Promise.all([closed, payments.stop()]);", "await closed;"),),
        framework="express",
    ),
    "no-wal": Mutation(
        "without a write-ahead log a reader shuts the writer out",
        "traps.patience",
        (Edit("src/db.ts", '"journal_mode=WAL",', ""),),
        one_writer=True,
        framework="express",
    ),
    "no-shutdown-hooks": Mutation(
        "Nest's hooks are silent: the process ends in the middle of an apply",
        "processes.drained",
        (Edit("src/main.ts", "app.enableShutdownHooks();", ""),),
        framework="nestjs",
    ),
    "no-wal-by-typeorm": Mutation(
        "without a write-ahead log a reader shuts the writer out",
        "traps.patience",
        (Edit("src/database.options.ts", 'connection.pragma("journal_mode=WAL");', ""),),
        one_writer=True,
        framework="nestjs",
    ),
}
