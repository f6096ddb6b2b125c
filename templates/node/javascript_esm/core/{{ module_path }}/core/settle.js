// kgscaffold:id=core/settle
// From a claimed callback to a settled payment: ask KryptoGO, then decide in
// one transaction.

/**
 * @import { Tx } from "./database.js"
 * @import { Case, Verdict } from "./decision.js"
 * @import { Callback, Context, Intent, Payment } from "./model.js"
 * @import { PaymentEvent } from "./model.js"
 * @import { Claimed } from "./queue.js"
 */

import { getIntent, ProviderError } from "./client.js";
import {
  again,
  isTransient,
  reason,
  timeLimit,
  transaction,
} from "./database.js";
import { afterChange, appliedBefore, eventOf, judge } from "./decision.js";
import { passes, PATIENCE_SECONDS } from "./dialect.js";
import { claimOf, later, NO_FACTS, told } from "./model.js";
import {
  afterFailure,
  isFinal,
  LEASE_SECONDS,
  nextCheck,
  opened,
  PAUSE_SECONDS,
  released,
} from "./schedule.js";
import * as store from "./store.js";

const HANDLER_SECONDS = 30;

/** A handler raised or took too long; nothing of it is kept. */
export class HandlerFailed extends Error {}

/** Another worker has the callback by now. */
class LeaseLost extends Error {}

/**
 * What `afterCommit` is to be told, and the claimed callback that owes it.
 *
 * @typedef {object} Owed
 * @property {Callback} callback
 * @property {Payment} payment
 * @property {PaymentEvent} event
 */

/**
 * Take a claimed callback as far as it goes now, and write down what is still
 * owed.
 *
 * @param {Context} context
 * @param {Claimed} claimed
 */
export async function settle(context, claimed) {
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

/**
 * Ask KryptoGO and decide, again where another worker was faster; what is
 * still owed.
 *
 * @param {Context} context
 * @param {Callback} callback
 * @param {Payment | null} claimed
 * @returns {Promise<Owed | null>}
 */
async function settlePayment(context, callback, claimed) {
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
  /** @type {Callback} */
  const unknown = { ...callback, state: "unregistered" };
  await finish(context, db, callback, unknown, new Date());
  return null;
}

/**
 * Settle; "overtaken" where the payment is not as `seen` before KryptoGO was
 * asked. No time is compared with the clock: clocks that differ cannot mislead
 * it.
 *
 * @param {Context} context
 * @param {Tx} tx
 * @param {Callback} callback
 * @param {Payment} seen
 * @param {Intent | null} intent
 * @returns {Promise<Owed | null | "overtaken">}
 */
async function decide(context, tx, callback, seen, intent) {
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

/**
 * Whether another payment of the order has succeeded.
 *
 * @param {Iterable<Payment>} ofOrder
 * @param {Payment} payment
 * @returns {boolean}
 */
export function isPaid(ofOrder, payment) {
  return [...ofOrder].some(
    (other) => other.status === "success" && other !== payment,
  );
}

/**
 * Give the payment the event's status: history, update, handler. No callback: a
 * person's doing. The payment as it is then; null where it has had the status
 * before, which no handler sees twice but `anew`. Raises HandlerFailed.
 *
 * @param {Context} context
 * @param {Tx} tx
 * @param {Payment} payment
 * @param {PaymentEvent} event
 * @param {Date} at
 * @param {object} how
 * @param {Callback} [how.callback]
 * @param {boolean} [how.anew]
 * @param {string} [how.note]
 * @returns {Promise<Payment | null>}
 */
export async function changeTo(context, tx, payment, event, at, how) {
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
  /** @type {Payment} */
  const changed = {
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
 *
 * @param {Tx} tx
 * @param {Payment} payment
 * @param {string} status
 * @returns {Promise<boolean>}
 */
async function answers(tx, payment, status) {
  const { payment_intent_id, review_reason } = payment;
  const held = await heldStatuses(tx, payment_intent_id, review_reason);
  return !held.some((one) => isFinal(one) && one !== status);
}

/**
 * What is still owed to the callback that changed the payment.
 *
 * @param {Context} context
 * @param {Tx} tx
 * @param {Callback} callback
 * @param {Payment} payment
 * @param {PaymentEvent} event
 * @param {Date} at
 * @returns {Promise<Owed | null>}
 */
async function owe(context, tx, callback, payment, event, at) {
  /** @type {Callback} */
  const applied = { ...callback, applied_status: event.status };
  if (!context.handlers[event.status].afterCommit) {
    const done = afterChange(applied, event.status, at);
    await finish(context, tx, callback, done, at);
    return null;
  }
  // Its own attempts begin, and the first of them is under way.
  /** @type {Callback} */
  const owed = {
    ...applied,
    state: "applied",
    attempts: 1,
    lease_until: later(at, LEASE_SECONDS),
  };
  if (!(await store.updateCallback(tx, callback, owed))) throw new LeaseLost();
  return { callback: owed, payment, event };
}

/**
 * Leave the payment's status as it is, and close the callback or let it
 * wait.
 *
 * @param {Context} context
 * @param {Tx} tx
 * @param {Case} one
 * @param {Verdict} verdict
 */
async function leave(context, tx, one, verdict) {
  const { callback, payment, intent, at } = one;
  let outcome = verdict.outcome;
  const intentId = payment.payment_intent_id;
  const theirs = intent ? intent.status.slice(0, 64) : null;
  const next_check_at = nextCheck(payment, payment.status, at);
  /** @type {Payment} */
  const left = { ...payment, last_verified_at: at, next_check_at };
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

/**
 * @param {Payment} payment
 * @returns {boolean}
 */
function isUnsettled(payment) {
  const { status } = payment;
  return status === "pending" || status === "insufficient_not_refunded";
}

/**
 * The API statuses for which the history has a conflict with this reason.
 *
 * @param {Tx} tx
 * @param {string} intentId
 * @param {string | null} why
 * @returns {Promise<(string | null)[]>}
 */
async function heldStatuses(tx, intentId, why) {
  const history = await store.historyOf(tx, intentId);
  return history
    .filter(({ outcome }) => outcome === "conflict")
    .filter(({ detail }) => detail["reason"] === why)
    .map(({ to_status }) => to_status);
}

/**
 * What a callback was left with by a failure or a crash, as its handler saw
 * it.
 *
 * @param {Context} context
 * @param {Callback} callback
 * @returns {Promise<Owed>}
 */
async function readOwed(context, callback) {
  const intentId = callback.payment_intent_id;
  const payment = await store.getPayment(context.db, intentId);
  const history = await store.historyOf(context.db, intentId);
  const applied = history.findLast(
    ({ outcome, to_status }) =>
      outcome === "applied" && to_status === callback.applied_status,
  );
  if (!payment || !applied) throw new Error(`payment ${intentId} is gone`);
  const event = /** @type {PaymentEvent} */ (
    /** @type {unknown} */ (applied.detail)
  );
  return { callback, payment, event };
}

/**
 * @param {Context} context
 * @param {Owed} owed
 */
async function afterCommit(context, owed) {
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

/**
 * Raises HandlerFailed for what a handler raises; the database's error if it
 * is one that passes.
 *
 * @param {() => Promise<void> | void} work
 */
async function handle(work) {
  try {
    await timeLimit(HANDLER_SECONDS, Promise.resolve().then(work));
  } catch (error) {
    if (passes(error)) throw error;
    throw new HandlerFailed(reason(error), { cause: error });
  }
}

/**
 * Write a verdict; false where a new delivery keeps the callback open. Raises
 * LeaseLost.
 *
 * @param {Context} context
 * @param {Context["db"]} db
 * @param {Callback} callback
 * @param {Callback} then
 * @param {Date} at
 * @returns {Promise<boolean>}
 */
async function finish(context, db, callback, then, at) {
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

/**
 * @param {Callback} callback
 * @returns {string}
 */
function inWords(callback) {
  const { state, outcome, next_attempt_at } = callback;
  if (state === "pending") {
    return `is not confirmed yet: asked again at ${clock(next_attempt_at)}`;
  }
  return outcome === null || outcome === state ? state : `${state}, ${outcome}`;
}

/**
 * @param {Date} time
 * @returns {string}
 */
function clock(time) {
  return `${time.toISOString().slice(11, 19)} UTC`;
}

/**
 * Schedule the next attempt, or give the callback up as dead.
 *
 * @param {Context} context
 * @param {Callback} callback
 * @param {unknown} error
 */
async function fail(context, callback, error) {
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

/**
 * @param {Tx} tx
 * @param {Callback} callback
 * @param {Callback} failed
 * @param {Date} at
 */
async function writeFailure(tx, callback, failed, at) {
  const then = released(failed, at);
  const isWritten = await store.updateCallback(tx, callback, then);
  if (!isWritten || failed.state !== "dead") return;
  const { payment_intent_id, claimed_status, applied_status } = callback;
  await store.appendHistory(tx, payment_intent_id, "dead", callback, {
    to_status: applied_status,
    detail: { claimed_status, reason: failed.last_error },
  });
}
