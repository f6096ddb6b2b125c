// kgscaffold:id=core/settle
// From a claimed callback to a settled payment: ask KryptoGO, then decide in
// one transaction.
"use strict";

/**
 * @import { Tx } from "./database"
 * @import { Callback, Context, Intent, Payment } from "./model"
 * @import { PaymentEvent } from "./model"
 * @import { Claimed } from "./queue"
 */

const { changeTo, handle, isPaid } = require("./change");
const { getIntent } = require("./client");
const { again, isTransient, transaction } = require("./database");
const { afterChange, appliedBefore, eventOf, judge } = require("./decision");
const { PATIENCE_SECONDS } = require("./dialect");
const { later, NO_FACTS } = require("./model");
const { LEASE_SECONDS } = require("./schedule");
const store = require("./store");
const { fail, finish, LeaseLost, leave } = require("./verdict");

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
async function settle(context, claimed) {
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
  const finishing = () => finish(context, db, callback, unknown, new Date());
  await again(finishing, PATIENCE_SECONDS);
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

module.exports = { settle };
