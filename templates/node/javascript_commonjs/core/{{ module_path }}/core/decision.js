// kgscaffold:id=core/decision
// KryptoGO's answer against our payment: pure functions, without a clock or a
// database.
"use strict";

/**
 * @import { Callback, Facts, Intent, Payment, PaymentEvent } from "./model"
 * @import { Status } from "./model"
 */

const { Big } = require("big.js");
const { ORDER_DATA_KEY } = require("../config");
const { claimOf, isStatus, NO_FACTS, sourceOf, told } = require("./model");
const { afterLag, closed } = require("./schedule");

/**
 * Every status that may follow, directly or not.
 *
 * @type {Record<Status, readonly Status[]>}
 */
const REACHES = {
  pending: [
    "success",
    "expired",
    "insufficient_not_refunded",
    "insufficient_refunded",
  ],
  expired: ["success", "insufficient_not_refunded", "insufficient_refunded"],
  insufficient_not_refunded: ["success", "insufficient_refunded"],
  insufficient_refunded: [],
  success: [],
};

/**
 * What is to be done, named as its outcome in the history: apply it; nothing,
 * for it is the same or stale; or hold it for a person.
 *
 * @typedef {"applied" | "duplicate" | "stale" | "conflict"} Move
 */

/**
 * All that a decision looks at, read under the lock.
 *
 * @typedef {object} Case
 * @property {Callback} callback
 * @property {Payment} payment
 * @property {boolean} orderPaid
 * @property {Intent | null} intent - null: KryptoGO knows of none.
 * @property {string} environment
 * @property {Date} at
 */

/**
 * Why the payment is not changed, and what becomes of the callback.
 *
 * @typedef {object} Verdict
 * @property {Callback} callback
 * @property {Move | "rejected" | null} outcome - For the history.
 * @property {string} reason
 */

/**
 * The status that the payment is to get, and whose handler is to run; or why
 * it is not.
 *
 * @param {Case} one
 * @returns {Status | Verdict}
 */
function judge(one) {
  const { callback, intent } = one;
  const ours = one.payment.status;
  if (intent === null) return rejected(one, "unknown_intent");
  const theirs = intent.status;
  if (!isStatus(theirs)) return held(one, "unknown_api_status");
  const move = decide(ours, theirs);
  if (move === "conflict") return held(one, `${theirs}_after_${ours}`);
  // The one exception to "same": the first callback that says pending, of a
  // pending payment.
  const firstPending = ours === "pending" && claimOf(callback) === "pending";
  if (move !== "applied" && !(firstPending && theirs === "pending")) {
    return unchanged(one, theirs, move);
  }
  if (one.orderPaid && theirs === "success") {
    return held(one, "order_already_paid");
  }
  const fault = mismatch(one.payment, intent, one.environment);
  return fault === null ? theirs : held(one, fault);
}

/**
 * What becomes of a change that the history has already.
 *
 * @param {Case} one
 * @returns {Verdict}
 */
function appliedBefore(one) {
  const isPending = one.payment.status === "pending";
  if (isPending && claimOf(one.callback) === "pending") {
    return unchanged(one, "pending", "duplicate");
  }
  return held(one, "applied_before");
}

/**
 * Close the callback, unless what it claims may still come.
 *
 * @param {Case} one
 * @param {Status} theirs
 * @param {Move} move
 * @returns {Verdict}
 */
function unchanged(one, theirs, move) {
  const { callback, at } = one;
  const ours = one.payment.status;
  const claim = claimOf(callback);
  const standing = settleClaim(claim, ours, theirs);
  if (standing === "ahead") {
    const later = afterLag(callback, at);
    if (later) return { callback: later, outcome: null, reason: "" };
    if (callback.applied_status === null) {
      return rejected(one, "never_confirmed");
    }
  }
  let outcome = "stale";
  if (standing === "unrelated") {
    outcome = "unrelated";
  } else if (move === "duplicate" && (claim === null || claim === ours)) {
    outcome = "duplicate";
  }
  return {
    callback: closed(callback, "done", outcome, at),
    outcome: sourceOf(callback) === "callback" ? move : null,
    reason: "",
  };
}

/**
 * @param {Case} one
 * @param {string} reason
 * @returns {Verdict}
 */
function rejected(one, reason) {
  const callback = closed(one.callback, "rejected", "rejected", one.at);
  return { callback, outcome: "rejected", reason };
}

/**
 * @param {Case} one
 * @param {string} reason
 * @returns {Verdict}
 */
function held(one, reason) {
  const callback = closed(one.callback, "done", "conflict", one.at);
  return { callback, outcome: "conflict", reason };
}

/**
 * What KryptoGO's status means for ours: never downgrade what is paid, nor
 * fulfil a refund.
 *
 * @param {Status} ours
 * @param {Status} theirs
 * @returns {Move}
 */
function decide(ours, theirs) {
  if (theirs === ours) return "duplicate";
  if (REACHES[ours].includes(theirs)) return "applied";
  const downgrade = ours === "success" && theirs !== "pending";
  const fulfilment = ours === "insufficient_refunded" && theirs === "success";
  return downgrade || fulfilment ? "conflict" : "stale";
}

/**
 * Where a claim stands once our status is settled; "ahead" is API lag, or a
 * forgery.
 *
 * @param {Status | null} claim
 * @param {Status} ours
 * @param {Status} theirs
 * @returns {"reached" | "ahead" | "unrelated"}
 */
function settleClaim(claim, ours, theirs) {
  if (claim === null || claim === ours || REACHES[claim].includes(ours)) {
    return "reached";
  }
  return REACHES[theirs].includes(claim) ? "ahead" : "unrelated";
}

/**
 * The callback when all of its change is done, and its payment is `status`.
 *
 * @param {Callback} callback
 * @param {Status} status
 * @param {Date} at
 * @returns {Callback}
 */
function afterChange(callback, status, at) {
  const claim = claimOf(callback);
  const standing = settleClaim(claim, status, status);
  if (standing === "ahead") {
    // Its time begins anew, with this look as the first.
    const fresh = { ...callback, attempts: 1, ahead_since: null };
    return afterLag(fresh, at) ?? fresh;
  }
  let outcome = "stale";
  if (standing === "unrelated") {
    outcome = "unrelated";
  } else if (claim === null || claim === callback.applied_status) {
    outcome = "applied";
  }
  return closed(callback, "done", outcome, at);
}

/**
 * What the handlers are told of a payment that becomes `status`.
 *
 * @param {Payment} payment
 * @param {Status} status
 * @param {boolean} orderPaid
 * @param {string | null} claimed
 * @param {Facts} facts
 * @returns {PaymentEvent}
 */
function eventOf(payment, status, orderPaid, claimed, facts) {
  const expired = payment.status === "expired";
  const pending = payment.status === "pending";
  return {
    status,
    from_status: payment.status,
    claimed_status: claimed,
    late: expired && status !== "expired",
    skipped: status === "insufficient_refunded" && (expired || pending),
    order_already_paid: orderPaid,
    key: `${payment.payment_intent_id}:${status}`,
    ...NO_FACTS,
    ...told(payment),
    ...told(facts),
  };
}

/**
 * The amount in `text`, or null.
 *
 * @param {string | null} text
 * @returns {Big | null}
 */
function decimal(text) {
  try {
    return text === null ? null : new Big(text);
  } catch {
    return null;
  }
}

/**
 * Why `intent` must not change `payment`, as a reason for review, or null
 * where all agrees.
 *
 * @param {Payment} payment
 * @param {Intent} intent
 * @param {string} environment
 * @returns {string | null}
 */
function mismatch(payment, intent, environment) {
  const amount = decimal(intent.fiat_amount);
  const orderId = /** @type {string | number | null} */ (
    intent.order_data?.[ORDER_DATA_KEY]
  );
  const received = decimal(intent.received_crypto_amount);
  const due = decimal(intent.crypto_amount);
  if (intent.payment_intent_id !== payment.payment_intent_id) {
    return "intent_id_mismatch";
  }
  if (intent.client_id !== null && intent.client_id !== payment.client_id) {
    return "client_id_mismatch";
  }
  if (payment.environment !== environment) return "environment_mismatch";
  if (amount === null || intent.fiat_currency === null) return "unverifiable";
  if (!amount.eq(payment.expected_fiat_amount)) return "amount_mismatch";
  if (intent.fiat_currency !== payment.fiat_currency) {
    return "currency_mismatch";
  }
  if ((orderId ?? null) !== null && String(orderId) !== payment.order_id) {
    return "order_id_mismatch";
  }
  const isBelow = received !== null && due !== null && received.lt(due);
  return intent.status === "success" && isBelow ? "received_below_due" : null;
}

module.exports = {
  judge,
  appliedBefore,
  decide,
  settleClaim,
  afterChange,
  eventOf,
  decimal,
  mismatch,
};
