// kgscaffold:id=core/queue
// The callbacks as idempotency keys and work queue in one: what comes in, and
// what is owed.
"use strict";

/**
 * @import { Db } from "./database"
 * @import { Callback, Delivery, Payment } from "./model"
 */

const { randomUUID } = require("node:crypto");
const { again } = require("./database");
const { PATIENCE_SECONDS } = require("./dialect");
const { isStatus, later } = require("./model");
const { deliveredAgain, LEASE_SECONDS, opened, waits } = require("./schedule");
const store = require("./store");

/** Of a thousand: those that are being stored at one moment do not see each
 * other. */
const MAX_UNREGISTERED = 950;
const KEEP_UNREGISTERED_SECONDS = 7 * 24 * 3600;

/**
 * A callback that is leased to this process, and its payment.
 *
 * @typedef {object} Claimed
 * @property {Callback} callback
 * @property {Payment | null} payment
 */

/**
 * Store a delivery without waiting for a payment's lock; false where it is not
 * to be kept. Raises the database's own errors when it is down.
 *
 * @param {Db} db
 * @param {Delivery} delivery
 * @param {boolean} keepUnregistered
 * @returns {Promise<boolean>}
 */
function accept(db, delivery, keepUnregistered) {
  const row = { id: newId(), ...delivery };
  const work = () => acceptOnce(db, row, keepUnregistered);
  return again(work, PATIENCE_SECONDS, true);
}

/**
 * @param {Db} db
 * @param {Delivery & { id: string }} row
 * @param {boolean} keepUnregistered
 * @returns {Promise<boolean>}
 */
async function acceptOnce(db, row, keepUnregistered) {
  const at = new Date();
  for (;;) {
    const state = await store.accept(db, row, at, keepUnregistered);
    if (state === "unregistered") {
      const before = later(at, -KEEP_UNREGISTERED_SECONDS);
      await store.trimUnregistered(db, MAX_UNREGISTERED, before);
    }
    if (state) return true;
    const seen = await store.callback(db, row.payment_intent_id, row.status);
    const isUnknown = seen === null || seen.state === "unregistered";
    if (!keepUnregistered && isUnknown) return false;
    // Again where another delivery, or a worker, was faster, or it was trimmed
    // meanwhile.
    if (seen === null) continue;
    const then = deliveredAgain(seen, row, at);
    if (await store.updateCallback(db, seen, then, { delivered: true })) {
      return true;
    }
  }
}

/**
 * Owe the `afterCommit` of a status, or a look (RECHECK); false where it is
 * still owed.
 *
 * @param {Db} db
 * @param {string} intentId
 * @param {string} status
 * @returns {Promise<boolean>}
 */
async function owe(db, intentId, status) {
  const at = new Date();
  const applied_status = isStatus(status) ? status : null;
  const state = applied_status ? "applied" : "pending";
  const isNew = await store.insertCallback(db, {
    id: newId(),
    payment_intent_id: intentId,
    status,
    payload: {},
    deliveries: 0,
    state,
    applied_status,
    attempts: 0,
    next_attempt_at: at,
    first_received_at: at,
    last_received_at: at,
  });
  if (isNew) return true;
  const seen = await store.callback(db, intentId, status);
  if (seen === null || waits(seen.state)) return false;
  const open = /** @type {const} */ ({
    ...opened(seen, at),
    state,
    applied_status,
  });
  return store.updateCallback(db, seen, { ...open, claimed_status: null });
}

/** @returns {string} */
function newId() {
  return randomUUID().replaceAll("-", "");
}

/**
 * The callbacks and their payments, leased to the caller, but for those that
 * another has.
 *
 * @param {Db} db
 * @param {readonly string[]} ids
 * @returns {Promise<Claimed[]>}
 */
function claim(db, ids) {
  return again(() => claimOnce(db, ids), PATIENCE_SECONDS);
}

/**
 * @param {Db} db
 * @param {readonly string[]} ids
 * @returns {Promise<Claimed[]>}
 */
async function claimOnce(db, ids) {
  const at = new Date();
  const claimed = await store.claim(db, ids, at, later(at, LEASE_SECONDS));
  if (claimed.length === 0) return [];
  const intents = claimed.map((callback) => callback.payment_intent_id);
  const payments = await store.paymentsOf(db, intents);
  return claimed.map((callback) => ({
    callback,
    payment: payments.get(callback.payment_intent_id) ?? null,
  }));
}

module.exports = {
  MAX_UNREGISTERED,
  KEEP_UNREGISTERED_SECONDS,
  accept,
  owe,
  claim,
};
