// kgscaffold:id=core/model
// Statuses, payments, callbacks, events and handlers. Amounts are decimal
// strings, times are UTC.
"use strict";

/**
 * @import { Db, Tx } from "./database"
 * @import { Settings } from "./settings"
 */

const STATUSES = /** @type {const} */ ([
  "pending",
  "success",
  "expired",
  "insufficient_not_refunded",
  "insufficient_refunded",
]);

/** @typedef {(typeof STATUSES)[number]} Status */

/**
 * Whether it is one of the five.
 *
 * @param {string | null} word
 * @returns {word is Status}
 */
function isStatus(word) {
  return STATUSES.some((status) => status === word);
}

/** The key of a callback that claims none of the five: an unknown status, or
 * our own reconcile. */
const RECHECK = "recheck";

/**
 * What is still owed to a stored callback.
 *
 * @typedef {"unregistered" | "pending" | "applied" | "done" |
 *   "rejected" | "dead"} State
 */

const NO_FACTS = {
  crypto_amount: null,
  received_crypto_amount: null,
  aggregated_crypto_amount: null,
  refund_amount: null,
  symbol: null,
  payment_chain_id: null,
  payment_tx_hash: null,
  aggregation_tx_hash: null,
  refund_tx_hash: null,
};

/**
 * What KryptoGO tells of the money.
 *
 * @typedef {Record<keyof typeof NO_FACTS, string | null>} Facts
 */

const FACTS = /** @type {(keyof Facts)[]} */ (Object.keys(NO_FACTS));

/**
 * The facts that are known.
 *
 * @param {Facts} facts
 * @returns {Partial<Facts>}
 */
function told(facts) {
  /** @type {Partial<Facts>} */
  const known = {};
  for (const name of FACTS) {
    if (facts[name] !== null) known[name] = facts[name];
  }
  return known;
}

/**
 * KryptoGO's answer about one payment intent.
 *
 * - `payment_deadline`: Unix time, in seconds.
 *
 * @typedef {Facts & {
 *   payment_intent_id: string | null;
 *   status: string;
 *   client_id: string | null;
 *   fiat_amount: string | null;
 *   fiat_currency: string | null;
 *   payment_address: string | null;
 *   payment_deadline: number | null;
 *   order_data: Readonly<Record<string, unknown>> | null;
 * }} Intent
 */

/**
 * One registered intent: what the order expects, and how far it has come.
 *
 * @typedef {Facts & {
 *   payment_intent_id: string;
 *   order_id: string;
 *   client_id: string;
 *   environment: string;
 *   status: Status;
 *   expected_fiat_amount: string;
 *   fiat_currency: string;
 *   payment_deadline: Date;
 *   needs_review: boolean;
 *   review_reason: string | null;
 *   last_verified_at: Date | null;
 *   next_check_at: Date | null;
 *   created_at: Date;
 *   updated_at: Date;
 * }} Payment
 */

/**
 * One confirmed change of a payment, as the handlers see it.
 *
 * - `claimed_status`: What the callback said; null for a reconcile. KryptoGO
 *   confirmed `status`.
 * - `late`: The payment had expired before.
 * - `skipped`: The refund came, and `insufficient_not_refunded` had not been
 *   seen.
 * - `order_already_paid`: Another payment of the same order has succeeded.
 * - `key`: `<intent>:<status>`, the same at every run: an idempotency key.
 *
 * @typedef {Facts & {
 *   status: Status;
 *   from_status: Status;
 *   claimed_status: string | null;
 *   late: boolean;
 *   skipped: boolean;
 *   order_already_paid: boolean;
 *   key: string;
 * }} PaymentEvent
 */

/**
 * What your code does about a status.
 *
 * @typedef {object} Handler
 * @property {(
 *   tx: Tx,
 *   payment: Payment,
 *   event: PaymentEvent,
 * ) => Promise<void> | void} apply - Inside the transaction that changes the
 *   payment: its effects on the database commit once, though it may run more
 *   than once.
 * @property {(
 *   payment: Payment,
 *   event: PaymentEvent,
 * ) => Promise<void> | void} [afterCommit] - After it, at least once: mail and
 *   fulfilment.
 */

/** @typedef {Readonly<Record<Status, Handler>>} Handlers */

/**
 * What was posted to the callback route, checked.
 *
 * @typedef {object} Delivery
 * @property {string} payment_intent_id
 * @property {string} status
 * @property {string} claimed_status
 * @property {Readonly<Record<string, unknown>>} payload
 */

/**
 * A stored callback: all deliveries about one intent that claim one status.
 *
 * @typedef {object} Callback
 * @property {string} id
 * @property {string} payment_intent_id
 * @property {string} status - One of the five, or RECHECK.
 * @property {string | null} claimed_status
 * @property {Readonly<Record<string, unknown>>} payload
 * @property {number} deliveries
 * @property {State} state
 * @property {string | null} outcome
 * @property {Status | null} applied_status
 * @property {number} attempts
 * @property {Date | null} ahead_since
 * @property {Date} next_attempt_at
 * @property {string | null} lease_token
 * @property {Date | null} lease_until
 * @property {string | null} last_error
 * @property {Date} first_received_at
 * @property {Date} last_received_at
 * @property {Date | null} processed_at
 */

/**
 * The status that a callback claims; null for RECHECK.
 *
 * @param {Callback} callback
 * @returns {Status | null}
 */
function claimOf(callback) {
  return isStatus(callback.status) ? callback.status : null;
}

/**
 * Who asks: a callback, or our own reconcile.
 *
 * @param {Callback} callback
 * @returns {"callback" | "reconcile"}
 */
function sourceOf(callback) {
  return callback.claimed_status ? "callback" : "reconcile";
}

/**
 * One decision about a payment, as the history keeps it.
 *
 * @typedef {object} HistoryEntry
 * @property {string} id
 * @property {string} payment_intent_id
 * @property {string | null} callback_id
 * @property {string | null} from_status
 * @property {string | null} to_status
 * @property {string | null} applied_status
 * @property {string} outcome
 * @property {string} source
 * @property {Readonly<Record<string, unknown>>} detail
 * @property {Date} created_at
 */

/**
 * Where the payments log; `console` is one.
 *
 * @typedef {object} Log
 * @property {(message: string) => void} info
 * @property {(message: string) => void} warn
 * @property {(message: string) => void} error
 */

/**
 * What the core needs of the application that it is part of.
 *
 * @typedef {object} Context
 * @property {Db} db
 * @property {Handlers} handlers
 * @property {Log} log
 * @property {() => Settings} settings - The checked environment variables.
 *   Raises ConfigurationError.
 * @property {(orderId: string) => Promise<object | null>} findOrder - The order
 *   as it stands, for people who look at a payment.
 */

/**
 * `time`, so many seconds later.
 *
 * @param {Date} time
 * @param {number} seconds
 * @returns {Date}
 */
function later(time, seconds) {
  return new Date(time.getTime() + 1000 * seconds);
}

module.exports = {
  STATUSES,
  isStatus,
  RECHECK,
  NO_FACTS,
  FACTS,
  told,
  claimOf,
  sourceOf,
  later,
};
