// kgscaffold:id=core/settle
// From a claimed callback to a settled payment: ask KryptoGO, then decide in
// one transaction.
import { changeTo, handle, isPaid } from "./change";
import { getIntent } from "./client";
import { again, isTransient, transaction, type Tx } from "./database";
import { afterChange, appliedBefore, eventOf, judge } from "./decision";
import { PATIENCE_SECONDS } from "./dialect";
import {
  type Callback,
  type Context,
  type Intent,
  later,
  NO_FACTS,
  type Payment,
  type PaymentEvent,
} from "./model";
import type { Claimed } from "./queue";
import { LEASE_SECONDS } from "./schedule";
import * as store from "./store";
import { fail, finish, LeaseLost, leave } from "./verdict";

/** What `afterCommit` is to be told, and the claimed callback that owes it. */
interface Owed {
  callback: Callback;
  payment: Payment;
  event: PaymentEvent;
}

/** Take a claimed callback as far as it goes now, and write down what is still
 * owed. */
export async function settle(
  context: Context,
  claimed: Claimed,
): Promise<void> {
  let callback = claimed.callback;
  try {
    const owed =
      callback.state === "pending"
        ? await settlePayment(context, callback, claimed.payment)
        : await readOwed(context, callback);
    if (owed === null) return;
    callback = owed.callback;
    await afterCommit(context, owed);
  } catch (error) {
    if (error instanceof LeaseLost) {
      context.log.info(`callback ${callback.id}: the lease was lost`);
    } else if (isTransient(error)) {
      throw error;
    } else {
      await fail(context, callback, error);
    }
  }
}

/** Ask KryptoGO and decide, again where another worker was faster; what is
 * still owed. */
async function settlePayment(
  context: Context,
  callback: Callback,
  claimed: Payment | null,
): Promise<Owed | null> {
  const { db } = context;
  const intentId = callback.payment_intent_id;
  let seen = claimed ?? (await store.getPayment(db, intentId));
  while (seen) {
    const before = seen;
    const intent = await getIntent(context, intentId);
    const decided = await transaction(db, (tx) =>
      decide(context, tx, callback, before, intent),
    );
    if (decided !== "overtaken") return decided;
    seen = await store.getPayment(db, intentId);
  }
  const unknown: Callback = { ...callback, state: "unregistered" };
  const finishing = () => finish(context, db, callback, unknown, new Date());
  await again(finishing, PATIENCE_SECONDS);
  return null;
}

/**
 * Settle; "overtaken" where the payment is not as `seen` before KryptoGO was
 * asked. No time is compared with the clock: clocks that differ cannot mislead
 * it.
 */
async function decide(
  context: Context,
  tx: Tx,
  callback: Callback,
  seen: Payment,
  intent: Intent | null,
): Promise<Owed | null | "overtaken"> {
  const at = new Date();
  const locked = await store.lockOrder(tx, seen.order_id, at);
  const payment = locked.get(seen.payment_intent_id);
  const verifiedAt = payment?.last_verified_at?.getTime();
  if (!payment || verifiedAt !== seen.last_verified_at?.getTime()) {
    return "overtaken";
  }
  const orderPaid = isPaid(locked.values(), payment);
  const { environment } = context.settings();
  const one = { callback, payment, orderPaid, intent, environment, at };
  const judged = judge(one);
  if (typeof judged !== "string") {
    await leave(context, tx, one, judged);
    return null;
  }
  const claimed = callback.claimed_status;
  const facts = intent ?? NO_FACTS;
  const event = eventOf(payment, judged, orderPaid, claimed, facts);
  const changed = await changeTo(context, tx, payment, event, at, { callback });
  if (changed === null) {
    await leave(context, tx, one, appliedBefore(one));
    return null;
  }
  return owe(context, tx, callback, changed, event, at);
}

/** What is still owed to the callback that changed the payment. */
async function owe(
  context: Context,
  tx: Tx,
  callback: Callback,
  payment: Payment,
  event: PaymentEvent,
  at: Date,
): Promise<Owed | null> {
  const applied: Callback = { ...callback, applied_status: event.status };
  if (!context.handlers[event.status].afterCommit) {
    const done = afterChange(applied, event.status, at);
    await finish(context, tx, callback, done, at);
    return null;
  }
  // Its own attempts begin, and the first of them is under way.
  const owed: Callback = {
    ...applied,
    state: "applied",
    attempts: 1,
    lease_until: later(at, LEASE_SECONDS),
  };
  if (!(await store.updateCallback(tx, callback, owed))) throw new LeaseLost();
  return { callback: owed, payment, event };
}

/** What a callback was left with by a failure or a crash, as its handler saw
 * it. */
async function readOwed(context: Context, callback: Callback): Promise<Owed> {
  const intentId = callback.payment_intent_id;
  const payment = await store.getPayment(context.db, intentId);
  const history = await store.historyOf(context.db, intentId);
  const applied = history.findLast(
    ({ outcome, to_status }) =>
      outcome === "applied" && to_status === callback.applied_status,
  );
  if (!payment || !applied) throw new Error(`payment ${intentId} is gone`);
  const event = applied.detail as unknown as PaymentEvent;
  return { callback, payment, event };
}

async function afterCommit(context: Context, owed: Owed): Promise<void> {
  const { callback, payment, event } = owed;
  const handler = context.handlers[event.status];
  await handle(() => handler.afterCommit?.(payment, event));
  const at = new Date();
  const done = afterChange(callback, payment.status, at);
  await again(
    () => finish(context, context.db, callback, done, at),
    PATIENCE_SECONDS,
  );
}
