// kgscaffold:id=core/change
// A payment gets another status: history, update and handler, in one
// transaction.
import { reason, timeLimit, type Tx, unended } from "./database";
import { passes } from "./dialect";
import {
  type Callback,
  type Context,
  type Payment,
  type PaymentEvent,
  told,
} from "./model";
import { isFinal, nextCheck } from "./schedule";
import * as store from "./store";

const HANDLER_SECONDS = 30;

/** A handler raised or took too long; nothing of it is kept. */
export class HandlerFailed extends Error {}

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
  await unended(tx, () => handle(() => handler.apply(tx, changed, event)));
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

/** The API statuses for which the history has a conflict with this reason. */
export async function heldStatuses(
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

/** Raises HandlerFailed for what a handler raises; the database's error if it
 * is one that passes. */
export async function handle(work: () => Promise<void> | void): Promise<void> {
  try {
    await timeLimit(HANDLER_SECONDS, Promise.resolve().then(work));
  } catch (error) {
    if (passes(error)) throw error;
    throw new HandlerFailed(reason(error), { cause: error });
  }
}
