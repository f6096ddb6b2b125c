// kgscaffold:id=core/registration
// Binding an intent to an order, before anything that is said about the intent
// can be believed.
import { Big } from "big.js";

import { getIntent, postIntent } from "./client";
import { transaction, type Tx } from "./database";
import { decimal, mismatch } from "./decision";
import {
  later,
  RECHECK,
  type Context,
  type Intent,
  type Payment,
} from "./model";
import { INTENT_ID } from "./payload";
import { owe } from "./queue";
import { ConfigurationError } from "./settings";
import * as store from "./store";

const SMALLEST = "0.01";
const TOO_MUCH = "1e16";
const PAYABLE_SECONDS = 30 * 60;
/** An intent that ends sooner is not given to a customer again. */
const SECONDS_TO_PAY = 5 * 60;
/** Half a character, or what stands for bytes that are none. */
const NO_TEXT = /[\p{Cs}\uFFFD]/u;
/**
 * The last checkout of each order that is being checked out in this process.
 */
const checkouts = new Map<string, Promise<unknown>>();

/** What is to be paid, and for which order. */
export interface Due {
  orderId: string;
  /** A decimal string. Take it from the order on the server, never from the
   * browser. */
  amount: string;
  currency: string;
}

/**
 * An intent that cannot be registered with these values; the message says why.
 */
export class RegistrationError extends Error {
  override name = "RegistrationError";
}

/** The order's payment has come, or is held for a person: a second one must not
 * be made. */
export class PaymentUnderWay extends Error {
  override name = "PaymentUnderWay";
}

/** Another process has registered an intent of the order meanwhile. */
class Faster extends Error {}

/**
 * Expect the payment of what is due, in the caller's transaction.
 *
 * Equal values again change nothing. Throws RegistrationError for unusable
 * values, or others than the first time.
 */
export async function registerIntent(
  context: Context,
  tx: Tx,
  intentId: string,
  due: Due,
  deadline?: Date,
): Promise<void> {
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
  const known: Record<string, unknown> = {
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
 */
export async function createIntent(
  context: Context,
  due: Due,
  { reuse = true }: { reuse?: boolean } = {},
): Promise<Intent> {
  if (context.settings().callbackUrl === null) {
    throw new ConfigurationError(
      "KRYPTOGO_CALLBACK_URL is not set. Set it to the public URL of the callback route.",
    );
  }
  check("-", due);
  return inTurn(due.orderId, () => checkOut(context, due, reuse));
}

/** What `work` gives, when all that was begun for the order before is done. */
async function inTurn<T>(orderId: string, work: () => Promise<T>): Promise<T> {
  const before = checkouts.get(orderId);
  const mine = before ? before.then(work, work) : work();
  checkouts.set(orderId, mine);
  try {
    return await mine;
  } finally {
    if (checkouts.get(orderId) === mine) checkouts.delete(orderId);
  }
}

async function checkOut(
  context: Context,
  due: Due,
  reuse: boolean,
): Promise<Intent> {
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

/** Register an intent, unless the order has others than the `known`: throws
 * Faster. */
async function register(
  context: Context,
  tx: Tx,
  intent: Intent,
  due: Due,
  known: Payment[] | null,
): Promise<void> {
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
 */
async function payableOf(
  context: Context,
  seen: Payment[],
  due: Due,
): Promise<Intent | null> {
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

function isPayable(payment: Payment, due: Due): boolean {
  const isSame = new Big(payment.expected_fiat_amount).eq(due.amount);
  const inTime = payment.payment_deadline > later(new Date(), SECONDS_TO_PAY);
  return isSame && payment.fiat_currency === due.currency && inTime;
}

/** The payments of an order, oldest first, for the user interface. */
export function paymentsForOrder(
  context: Context,
  orderId: string,
): Promise<Payment[]> {
  return store.paymentsOfOrder(context.db, orderId);
}

function check(intentId: string, due: Due): void {
  if (!INTENT_ID.test(intentId)) {
    throw new RegistrationError(
      "payment_intent_id must be 1 to 64 of A-Z a-z 0-9 _ -",
    );
  }
  // JavaScript gives numbers, too.
  const { orderId, amount, currency }: Record<keyof Due, unknown> = due;
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
