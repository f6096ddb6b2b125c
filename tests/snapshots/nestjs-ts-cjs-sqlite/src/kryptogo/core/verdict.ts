// kgscaffold:id=core/verdict
// What becomes of a callback, written down.
import { reason, transaction, type Tx } from "./database";
import { heldStatuses, HandlerFailed } from "./change";
import { ProviderError } from "./client";
import type { Case, Verdict } from "./decision";
import {
  type Callback,
  claimOf,
  type Context,
  later,
  type Payment,
  told,
} from "./model";
import {
  afterFailure,
  nextCheck,
  opened,
  PAUSE_SECONDS,
  released,
} from "./schedule";
import * as store from "./store";

/** Another worker has the callback by now. */
export class LeaseLost extends Error {}

/** Leave the payment's status as it is, and close the callback or let it
 * wait. */
export async function leave(
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

/** Write a verdict; false where a new delivery keeps the callback open. Raises
 * LeaseLost. */
export async function finish(
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
export async function fail(
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
