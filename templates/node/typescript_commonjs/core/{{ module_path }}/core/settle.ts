// kgscaffold:id=core/settle
// From a claimed callback to a settled payment: ask KryptoGO, then decide in
// one transaction.
import { getIntent, ProviderError } from "./client";
import {
  again,
  isTransient,
  reason,
  timeLimit,
  transaction,
  type Tx,
} from "./database";
import {
  afterChange,
  appliedBefore,
  type Case,
  eventOf,
  judge,
  type Verdict,
} from "./decision";
import { passes, PATIENCE_SECONDS } from "./dialect";
import {
  type Callback,
  claimOf,
  type Context,
  type Intent,
  later,
  NO_FACTS,
  type Payment,
  type PaymentEvent,
  told,
} from "./model";
import type { Claimed } from "./queue";
import {
  afterFailure,
  isFinal,
  LEASE_SECONDS,
  nextCheck,
  opened,
  PAUSE_SECONDS,
  released,
} from "./schedule";
import * as store from "./store";

const HANDLER_SECONDS = 30;

/** A handler raised or took too long; nothing of it is kept. */
export class HandlerFailed extends Error {}

/** Another worker has the callback by now. */
class LeaseLost extends Error {}

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
  await finish(context, db, callback, unknown, new Date());
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

/** Whether another payment of the order has succeeded. */
export function isPaid(ofOrder: Iterable<Payment>, payment: Payment): boolean {
  return [...ofOrder].some(
    (other) => other.status === "success" && other !== payment,
  );
}

/**
 * Give the payment the event's status: history, update, handler. No callback: a
 * person's doing. The payment as it is then; null where it has had the status
 * before, which no handler sees twice but `anew`. Raises HandlerFailed.
 */
export async function changeTo(
  context: Context,
  tx: Tx,
  payment: Payment,
  event: PaymentEvent,
  at: Date,
  how: { callback?: Callback; anew?: boolean; note?: string },
): Promise<Payment | null> {
  const { callback = null, anew = false, note = null } = how;
  const { status } = event;
  const intentId = payment.payment_intent_id;
  const isNew = await store.appendHistory(tx, intentId, "applied", callback, {
    from_status: event.from_status,
    to_status: status,
    applied_status: anew ? null : status,
    detail: { ...event, note },
  });
  if (!isNew) return null;
  const changed: Payment = {
    ...payment,
    ...told(event),
    status,
    next_check_at: nextCheck(payment, status, at),
  };
  if (callback) {
    changed.last_verified_at = at;
    if (payment.review_reason && (await answers(tx, payment, status))) {
      changed.needs_review = false;
      changed.review_reason = null;
    }
  }
  await store.updatePayment(tx, payment, changed);
  const handler = context.handlers[status];
  await handle(() => handler.apply(tx, changed, event));
  return changed;
}

/**
 * Whether KryptoGO's `status` settles what a person was called for. A success
 * or a refund that was held is not answered by anything else: its money has
 * moved.
 */
async function answers(
  tx: Tx,
  payment: Payment,
  status: string,
): Promise<boolean> {
  const { payment_intent_id, review_reason } = payment;
  const held = await heldStatuses(tx, payment_intent_id, review_reason);
  return !held.some((one) => isFinal(one) && one !== status);
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

/** Leave the payment's status as it is, and close the callback or let it
 * wait. */
async function leave(
  context: Context,
  tx: Tx,
  one: Case,
  verdict: Verdict,
): Promise<void> {
  const { callback, payment, intent, at } = one;
  let outcome = verdict.outcome;
  const intentId = payment.payment_intent_id;
  const theirs = intent ? intent.status.slice(0, 64) : null;
  const next_check_at = nextCheck(payment, payment.status, at);
  const left: Payment = { ...payment, last_verified_at: at, next_check_at };
  if (outcome === "conflict") {
    // Were the intent's id another, it would be another's money.
    if (intent && verdict.reason !== "intent_id_mismatch") {
      Object.assign(left, told(intent), told(payment));
    }
    const held = await heldStatuses(tx, intentId, verdict.reason);
    if (held.includes(theirs)) {
      outcome = null; // a person is called once for each reason and status
    } else {
      left.needs_review = true;
      left.review_reason = verdict.reason;
      context.log.error(`intent ${intentId} needs review: ${verdict.reason}`);
    }
  }
  if (next_check_at === null && isUnsettled(payment)) {
    left.needs_review = true;
    left.review_reason ??= "unsettled_for_30_days";
  }
  await store.updatePayment(tx, payment, left);
  const isWritten = await finish(context, tx, callback, verdict.callback, at);
  if (!isWritten || outcome === null) return;
  const claimed_status = callback.claimed_status;
  await store.appendHistory(tx, intentId, outcome, callback, {
    from_status: payment.status,
    to_status: theirs,
    detail: { claimed_status, reason: verdict.reason },
  });
}

function isUnsettled(payment: Payment): boolean {
  const { status } = payment;
  return status === "pending" || status === "insufficient_not_refunded";
}

/** The API statuses for which the history has a conflict with this reason. */
async function heldStatuses(
  tx: Tx,
  intentId: string,
  why: string | null,
): Promise<(string | null)[]> {
  const history = await store.historyOf(tx, intentId);
  return history
    .filter(({ outcome }) => outcome === "conflict")
    .filter(({ detail }) => detail["reason"] === why)
    .map(({ to_status }) => to_status);
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

/** Raises HandlerFailed for what a handler raises; the database's error if it
 * is one that passes. */
async function handle(work: () => Promise<void> | void): Promise<void> {
  try {
    await timeLimit(HANDLER_SECONDS, Promise.resolve().then(work));
  } catch (error) {
    if (passes(error)) throw error;
    throw new HandlerFailed(reason(error), { cause: error });
  }
}

/** Write a verdict; false where a new delivery keeps the callback open. Raises
 * LeaseLost. */
async function finish(
  context: Context,
  db: Context["db"],
  callback: Callback,
  then: Callback,
  at: Date,
): Promise<boolean> {
  const isLook = then.state === "done" && claimOf(callback) === null;
  const unlessRedelivered = isLook || then.state === "rejected";
  const done = released(then, at);
  if (await store.updateCallback(db, callback, done, { unlessRedelivered })) {
    const what = `intent ${callback.payment_intent_id}: ${callback.status}`;
    context.log.info(`${what} ${inWords(then)}`);
    return true;
  }
  const open = released(opened(callback, later(at, PAUSE_SECONDS)), at);
  const isOpen =
    unlessRedelivered && (await store.updateCallback(db, callback, open));
  if (!isOpen) throw new LeaseLost();
  return false;
}

function inWords(callback: Callback): string {
  const { state, outcome, next_attempt_at } = callback;
  if (state === "pending") {
    return `is not confirmed yet: asked again at ${clock(next_attempt_at)}`;
  }
  return outcome === null || outcome === state ? state : `${state}, ${outcome}`;
}

function clock(time: Date): string {
  return `${time.toISOString().slice(11, 19)} UTC`;
}

/** Schedule the next attempt, or give the callback up as dead. */
async function fail(
  context: Context,
  callback: Callback,
  error: unknown,
): Promise<void> {
  const isOurs =
    error instanceof HandlerFailed || error instanceof ProviderError;
  const why = isOurs ? error.message : reason(error);
  // No half of a character, and no NUL: databases refuse them.
  const storable = Buffer.from(why.slice(0, 255)).toString();
  const at = new Date();
  const failed = afterFailure(callback, storable.replaceAll("\0", "?"), at);
  await transaction(context.db, (tx) => writeFailure(tx, callback, failed, at));
  const isDead = failed.state === "dead";
  const then = isDead
    ? "given up"
    : `tried again at ${clock(failed.next_attempt_at)}`;
  const what =
    callback.status + (callback.state === "pending" ? "" : ", afterCommit");
  const isNew =
    callback.attempts <= 1 || callback.last_error !== failed.last_error;
  const cause = error instanceof HandlerFailed ? error.cause : error;
  const isShown = isNew && !(error instanceof ProviderError);
  const stack =
    isShown && cause instanceof Error ? `\n${cause.stack ?? ""}` : "";
  const line = `intent ${callback.payment_intent_id}: ${what} failed, ${then}`;
  context.log[isDead ? "error" : "warn"](`${line}: ${why}${stack}`);
}

async function writeFailure(
  tx: Tx,
  callback: Callback,
  failed: Callback,
  at: Date,
): Promise<void> {
  const then = released(failed, at);
  const isWritten = await store.updateCallback(tx, callback, then);
  if (!isWritten || failed.state !== "dead") return;
  const { payment_intent_id, claimed_status, applied_status } = callback;
  await store.appendHistory(tx, payment_intent_id, "dead", callback, {
    to_status: applied_status,
    detail: { claimed_status, reason: failed.last_error },
  });
}
