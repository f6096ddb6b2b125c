// kgscaffold:id=core/registration
// Binding an intent to an order, before anything that is said about the intent
// can be believed.
"use strict";

/**
 * @import { Tx } from "./database"
 * @import { Context, Intent, Payment } from "./model"
 */

const { Big } = require("big.js");

const { getIntent, postIntent } = require("./client");
const { transaction } = require("./database");
const { decimal, mismatch } = require("./decision");
const { later, RECHECK } = require("./model");
const { INTENT_ID } = require("./payload");
const { owe } = require("./queue");
const { ConfigurationError } = require("./settings");
const store = require("./store");

const SMALLEST = "0.01";
const TOO_MUCH = "1e16";
const PAYABLE_SECONDS = 30 * 60;
/** An intent that ends sooner is not given to a customer again. */
const SECONDS_TO_PAY = 5 * 60;
/** Half a character, or what stands for bytes that are none. */
const NO_TEXT = /[\p{Cs}\uFFFD]/u;
/**
 * The last checkout of each order that is being checked out in this process.
 *
 * @type {Map<string, Promise<unknown>>}
 */
const checkouts = new Map();

/**
 * What is to be paid, and for which order.
 *
 * @typedef {object} Due
 * @property {string} orderId
 * @property {string} amount - A decimal string. Take it from the order on the
 *   server, never from the browser.
 * @property {string} currency
 */

/** An intent that cannot be registered with these values; the message says why.
 * */
class RegistrationError extends Error {
  name = "RegistrationError";
}

/** The order's payment has come, or is held for a person: a second one must not
 * be made. */
class PaymentUnderWay extends Error {
  name = "PaymentUnderWay";
}

/** Another process has registered an intent of the order meanwhile. */
class Faster extends Error {}

/**
 * Expect the payment of what is due, in the caller's transaction.
 *
 * Equal values again change nothing. Throws RegistrationError for unusable
 * values, or others than the first time.
 *
 * @param {Context} context
 * @param {Tx} tx
 * @param {string} intentId
 * @param {Due} due
 * @param {Date} [deadline]
 */
async function registerIntent(context, tx, intentId, due, deadline) {
  check(intentId, due);
  const settings = context.settings();
  const at = new Date();
  const until = deadline ?? later(at, PAYABLE_SECONDS);
  const bound = {
    order_id: due.orderId,
    client_id: settings.clientId,
    environment: settings.environment,
    expected_fiat_amount: new Big(due.amount).toFixed(),
    fiat_currency: due.currency,
  };
  const isNew = await store.insertPayment(tx, {
    ...bound,
    payment_intent_id: intentId,
    status: "pending",
    needs_review: false,
    payment_deadline: until,
    next_check_at: until,
    created_at: at,
    updated_at: at,
  });
  if (isNew) {
    await store.appendHistory(tx, intentId, "registered", null, {
      to_status: "pending",
    });
    await store.adopt(tx, at, intentId);
    return;
  }
  /** @type {Record<string, unknown>} */
  const known = {
    ...(await store.lockedPayment(tx, intentId)),
  };
  for (const [name, value] of Object.entries(bound)) {
    if (known[name] !== value) {
      throw new RegistrationError(
        `intent ${intentId} is registered with ${name} ${String(known[name])}, not ${value}`,
      );
    }
  }
}

/**
 * An intent at KryptoGO, registered: what the customer needs to pay is in it.
 *
 * A second click gets the first one's again while there is time to pay it, or,
 * without `reuse`, a new one. Call it outside any transaction: it waits for
 * KryptoGO. Throws ConfigurationError without KRYPTOGO_CALLBACK_URL,
 * PaymentUnderWay (never without `reuse`), RegistrationError, ProviderError.
 *
 * @param {Context} context
 * @param {Due} due
 * @param {object} [options]
 * @param {boolean} [options.reuse]
 * @returns {Promise<Intent>}
 */
async function createIntent(context, due, { reuse = true } = {}) {
  if (context.settings().callbackUrl === null) {
    throw new ConfigurationError(
      "KRYPTOGO_CALLBACK_URL is not set. Set it to the public URL of the callback route.",
    );
  }
  check("-", due);
  return inTurn(due.orderId, () => checkOut(context, due, reuse));
}

/**
 * What `work` gives, when all that was begun for the order before is done.
 *
 * @template T
 * @param {string} orderId
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function inTurn(orderId, work) {
  const before = checkouts.get(orderId);
  const mine = before ? before.then(work, work) : work();
  checkouts.set(orderId, mine);
  try {
    return await mine;
  } finally {
    if (checkouts.get(orderId) === mine) checkouts.delete(orderId);
  }
}

/**
 * @param {Context} context
 * @param {Due} due
 * @param {boolean} reuse
 * @returns {Promise<Intent>}
 */
async function checkOut(context, due, reuse) {
  const { db } = context;
  for (;;) {
    const seen = await store.paymentsOfOrder(db, due.orderId);
    const payable = reuse ? await payableOf(context, seen, due) : null;
    if (payable) return payable;
    const intent = await postIntent(context, due);
    const known = reuse ? seen : null;
    try {
      await transaction(db, (tx) => register(context, tx, intent, due, known), {
        alone: true,
      });
      return intent;
    } catch (error) {
      // Of two processes one is faster: the other's intent is not registered,
      // and nobody's.
      if (!(error instanceof Faster)) throw error;
    }
  }
}

/**
 * Register an intent, unless the order has others than the `known`: throws
 * Faster.
 *
 * @param {Context} context
 * @param {Tx} tx
 * @param {Intent} intent
 * @param {Due} due
 * @param {Payment[] | null} known
 */
async function register(context, tx, intent, due, known) {
  const intentId = intent.payment_intent_id ?? "";
  const unix = intent.payment_deadline;
  const deadline = unix === null ? undefined : new Date(unix * 1000);
  await registerIntent(context, tx, intentId, due, deadline);
  if (known === null) return;
  const expected = new Set(
    known.map((payment) => payment.payment_intent_id),
  ).add(intentId);
  const ofOrder = await store.lockOrder(tx, due.orderId, new Date());
  if ([...ofOrder.keys()].some((one) => !expected.has(one))) throw new Faster();
}

/**
 * The latest intent over this amount that KryptoGO confirms as still to be
 * paid.
 *
 * Throws PaymentUnderWay where one has been paid already, though it is not
 * settled here yet.
 *
 * @param {Context} context
 * @param {Payment[]} seen
 * @param {Due} due
 * @returns {Promise<Intent | null>}
 */
async function payableOf(context, seen, due) {
  const { environment } = context.settings();
  const pending = seen.filter((payment) => payment.status === "pending");
  for (const payment of pending.reverse()) {
    const intentId = payment.payment_intent_id;
    if (payment.needs_review) {
      throw new PaymentUnderWay(
        `payment ${intentId} waits for a person: see review list`,
      );
    }
    if (!isPayable(payment, due)) continue;
    const intent = await getIntent(context, intentId);
    if (intent && intent.status !== "pending") {
      // Its callback is lost, or still to be settled.
      await transaction(context.db, (tx) => owe(tx, intentId, RECHECK));
      if (intent.status === "success") {
        throw new PaymentUnderWay(
          `payment ${intentId} has come, and is being settled`,
        );
      }
    } else if (intent?.payment_address) {
      const fault = mismatch(payment, intent, environment);
      if (fault === null) return intent;
    }
  }
  return null;
}

/**
 * @param {Payment} payment
 * @param {Due} due
 * @returns {boolean}
 */
function isPayable(payment, due) {
  const isSame = new Big(payment.expected_fiat_amount).eq(due.amount);
  const inTime = payment.payment_deadline > later(new Date(), SECONDS_TO_PAY);
  return isSame && payment.fiat_currency === due.currency && inTime;
}

/**
 * The payments of an order, oldest first, for the user interface.
 *
 * @param {Context} context
 * @param {string} orderId
 * @returns {Promise<Payment[]>}
 */
function paymentsForOrder(context, orderId) {
  return store.paymentsOfOrder(context.db, orderId);
}

/**
 * @param {string} intentId
 * @param {Due} due
 */
function check(intentId, due) {
  if (!INTENT_ID.test(intentId)) {
    throw new RegistrationError(
      "payment_intent_id must be 1 to 64 of A-Z a-z 0-9 _ -",
    );
  }
  // JavaScript gives numbers, too.
  /** @type {Record<keyof Due, unknown>} */
  const { orderId, amount, currency } = due;
  if (
    typeof orderId !== "string" ||
    !/^.{1,128}$/su.test(orderId) ||
    NO_TEXT.test(orderId)
  ) {
    throw new RegistrationError(
      "order_id must be a string of 1 to 128 characters",
    );
  }
  if (currency !== "TWD" && currency !== "USD") {
    throw new RegistrationError("currency must be one of TWD, USD");
  }
  const number = typeof amount === "string" ? decimal(amount) : null;
  if (
    !number ||
    number.lt(SMALLEST) ||
    number.gte(TOO_MUCH) ||
    !number.eq(number.round(4))
  ) {
    throw new RegistrationError(
      `amount must be a decimal string of at least ${SMALLEST}`,
    );
  }
}

module.exports = {
  RegistrationError,
  PaymentUnderWay,
  registerIntent,
  createIntent,
  paymentsForOrder,
};
