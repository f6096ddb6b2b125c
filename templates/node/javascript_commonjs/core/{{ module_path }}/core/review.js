// kgscaffold:id=core/review
// What a person does: re-check, resolve what was held, replay what was given
// up.
"use strict";

/**
 * @import { Db, Tx } from "./database"
 * @import { Callback, Context, Payment, Status } from "./model"
 */

const { transaction } = require("./database");
const { eventOf } = require("./decision");
const { NO_FACTS, RECHECK } = require("./model");
const { owe } = require("./queue");
const { opened } = require("./schedule");
const { changeTo, isPaid } = require("./change");
const store = require("./store");
const { processDue } = require("./worker");

/** What was asked for cannot be done now; the message says why. */
class NotPossible extends Error {}

/**
 * Re-check payments that should have moved, and dead callbacks; how many were
 * processed.
 *
 * @param {Context} context
 * @returns {Promise<number>}
 */
async function reconcile(context) {
  const { db } = context;
  for (const payment of await store.paymentsToCheck(db, new Date())) {
    await transaction(db, (tx) => owe(tx, payment.payment_intent_id, RECHECK));
  }
  for (const callback of await store.deadCallbacks(db)) {
    await reopen(db, callback);
  }
  return processDue(context);
}

/**
 * Owe the callback its work again; false where it is at work, or has been
 * opened by now.
 *
 * @param {Db} db
 * @param {Callback} callback
 * @returns {Promise<boolean>}
 */
function reopen(db, callback) {
  const again = opened(callback, new Date());
  return transaction(db, (tx) => store.updateCallback(tx, callback, again));
}

/**
 * Owe dead, rejected and held callbacks again; how many. Raises
 * NotPossible.
 *
 * @param {Context} context
 * @param {string} intentId
 * @returns {Promise<number>}
 */
async function replay(context, intentId) {
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

/**
 * Run the handler of the payment's status again; that status. Raises
 * NotPossible, HandlerFailed.
 *
 * @param {Context} context
 * @param {string} intentId
 * @returns {Promise<Status>}
 */
function replayHandler(context, intentId) {
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
 *
 * @param {Context} context
 * @param {string} intentId
 * @param {Status | null} status
 * @param {string} note
 * @returns {Promise<void>}
 */
function resolve(context, intentId, status, note) {
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

/**
 * @template T
 * @param {Context} context
 * @param {string} intentId
 * @param {(tx: Tx, payment: Payment, orderPaid: boolean) => Promise<T>} work
 * @returns {Promise<T>}
 */
async function underLock(context, intentId, work) {
  const { order_id } = await registered(context.db, intentId);
  return transaction(context.db, async (tx) => {
    const locked = await store.lockOrder(tx, order_id, new Date());
    const payment = locked.get(intentId);
    if (!payment) throw new NotPossible(`payment ${intentId} is gone`);
    return work(tx, payment, isPaid(locked.values(), payment));
  });
}

/**
 * @param {Context} context
 * @param {Tx} tx
 * @param {Payment} payment
 * @param {boolean} orderPaid
 * @param {Status} status
 * @param {string} note
 */
async function change(context, tx, payment, orderPaid, status, note) {
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

/**
 * @param {Db} db
 * @param {string} intentId
 * @returns {Promise<Payment>}
 */
async function registered(db, intentId) {
  const payment = await store.getPayment(db, intentId);
  if (payment) return payment;
  throw new NotPossible(`no payment is registered for intent ${intentId}`);
}

module.exports = { NotPossible, reconcile, replay, replayHandler, resolve };
