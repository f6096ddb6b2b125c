// kgscaffold:id=core/review
// What a person does: re-check, resolve what was held, replay what was given
// up.
import { transaction, type Db, type Tx } from "./database";
import { eventOf } from "./decision";
import {
  type Callback,
  type Context,
  NO_FACTS,
  type Payment,
  RECHECK,
  type Status,
} from "./model";
import { owe } from "./queue";
import { opened } from "./schedule";
import { changeTo, isPaid } from "./change";
import * as store from "./store";
import { processDue } from "./worker";

/** What was asked for cannot be done now; the message says why. */
export class NotPossible extends Error {}

/** Re-check payments that should have moved, and dead callbacks; how many were
 * processed. */
export async function reconcile(context: Context): Promise<number> {
  const { db } = context;
  for (const payment of await store.paymentsToCheck(db, new Date())) {
    await transaction(db, (tx) => owe(tx, payment.payment_intent_id, RECHECK));
  }
  for (const callback of await store.deadCallbacks(db)) {
    await reopen(db, callback);
  }
  return processDue(context);
}

/** Owe the callback its work again; false where it is at work, or has been
 * opened by now. */
function reopen(db: Db, callback: Callback): Promise<boolean> {
  const again = opened(callback, new Date());
  return transaction(db, (tx) => store.updateCallback(tx, callback, again));
}

/** Owe dead, rejected and held callbacks again; how many. Raises
 * NotPossible. */
export async function replay(
  context: Context,
  intentId: string,
): Promise<number> {
  const { db } = context;
  await registered(db, intentId);
  let number = 0;
  for (const callback of await store.callbacksOf(db, intentId)) {
    const { state, outcome } = callback;
    const isGivenUp = state === "dead" || state === "rejected";
    if (isGivenUp || outcome === "conflict") {
      number += Number(await reopen(db, callback));
    }
  }
  return number;
}

/** Run the handler of the payment's status again; that status. Raises
 * NotPossible, HandlerFailed. */
export function replayHandler(
  context: Context,
  intentId: string,
): Promise<Status> {
  return underLock(context, intentId, async (tx, payment, orderPaid) => {
    const { status } = payment;
    await change(context, tx, payment, orderPaid, status, "replay");
    return status;
  });
}

/**
 * Close a review: leave the payment as it is, or give it `status` and run its
 * handler. A second success of an order has no `afterCommit`: nothing is
 * shipped twice. Raises NotPossible where nothing is to be reviewed or changed,
 * HandlerFailed.
 */
export function resolve(
  context: Context,
  intentId: string,
  status: Status | null,
  note: string,
): Promise<void> {
  // Asked under the lock: of two people, or a person and the worker, only one
  // runs the handler.
  return underLock(context, intentId, async (tx, payment, orderPaid) => {
    if (!payment.needs_review) {
      throw new NotPossible(
        `${intentId} needs no review (it is ${payment.status}): nothing changed`,
      );
    }
    if (payment.status === status) {
      throw new NotPossible(
        `${intentId} is ${status} already: nothing changed.` +
          ` Close its review with --keep`,
      );
    }
    if (status) {
      await change(context, tx, payment, orderPaid, status, note);
    } else {
      const detail = { note };
      await store.appendHistory(tx, intentId, "rejected", null, { detail });
    }
    await store.updatePayment(tx, payment, {
      ...payment,
      needs_review: false,
      review_reason: null,
    });
  });
}

async function underLock<T>(
  context: Context,
  intentId: string,
  work: (tx: Tx, payment: Payment, orderPaid: boolean) => Promise<T>,
): Promise<T> {
  const { order_id } = await registered(context.db, intentId);
  return transaction(context.db, async (tx) => {
    const locked = await store.lockOrder(tx, order_id, new Date());
    const payment = locked.get(intentId);
    if (!payment) throw new NotPossible(`payment ${intentId} is gone`);
    return work(tx, payment, isPaid(locked.values(), payment));
  });
}

async function change(
  context: Context,
  tx: Tx,
  payment: Payment,
  orderPaid: boolean,
  status: Status,
  note: string,
): Promise<void> {
  const isSame = payment.status === status;
  const event = eventOf(payment, status, orderPaid, null, NO_FACTS);
  const at = new Date();
  const isNew =
    !isSame && (await changeTo(context, tx, payment, event, at, { note }));
  if (!isNew) {
    await changeTo(context, tx, payment, event, at, { note, anew: true });
  }
  const isPaidTwice = status === "success" && orderPaid && !isSame;
  if (!context.handlers[status].afterCommit || isPaidTwice) return;
  const intentId = payment.payment_intent_id;
  if (!(await owe(tx, intentId, status))) {
    throw new NotPossible(
      `a callback of ${intentId} is at work: try again soon`,
    );
  }
}

async function registered(db: Db, intentId: string): Promise<Payment> {
  const payment = await store.getPayment(db, intentId);
  if (payment) return payment;
  throw new NotPossible(`no payment is registered for intent ${intentId}`);
}
