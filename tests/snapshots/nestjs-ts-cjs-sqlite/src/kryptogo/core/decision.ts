// kgscaffold:id=core/decision
// KryptoGO's answer against our payment: pure functions, without a clock or a
// database.
import { Big } from "big.js";
import { ORDER_DATA_KEY } from "../config";
import {
  type Callback,
  claimOf,
  type Facts,
  type Intent,
  isStatus,
  NO_FACTS,
  type Payment,
  type PaymentEvent,
  sourceOf,
  type Status,
  told,
} from "./model";
import { afterLag, closed } from "./schedule";

/** Every status that may follow, directly or not. */
const REACHES: Record<Status, readonly Status[]> = {
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

/** What is to be done, named as its outcome in the history: apply it; nothing,
 * for it is the same or stale; or hold it for a person. */
export type Move = "applied" | "duplicate" | "stale" | "conflict";

/** All that a decision looks at, read under the lock. */
export interface Case {
  callback: Callback;
  payment: Payment;
  orderPaid: boolean;
  /** null: KryptoGO knows of none. */
  intent: Intent | null;
  environment: string;
  at: Date;
}

/** Why the payment is not changed, and what becomes of the callback. */
export interface Verdict {
  callback: Callback;
  /** For the history. */
  outcome: Move | "rejected" | null;
  reason: string;
}

/** The status that the payment is to get, and whose handler is to run; or why
 * it is not. */
export function judge(one: Case): Status | Verdict {
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

/** What becomes of a change that the history has already. */
export function appliedBefore(one: Case): Verdict {
  const isPending = one.payment.status === "pending";
  if (isPending && claimOf(one.callback) === "pending") {
    return unchanged(one, "pending", "duplicate");
  }
  return held(one, "applied_before");
}

/** Close the callback, unless what it claims may still come. */
function unchanged(one: Case, theirs: Status, move: Move): Verdict {
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

function rejected(one: Case, reason: string): Verdict {
  const callback = closed(one.callback, "rejected", "rejected", one.at);
  return { callback, outcome: "rejected", reason };
}

function held(one: Case, reason: string): Verdict {
  const callback = closed(one.callback, "done", "conflict", one.at);
  return { callback, outcome: "conflict", reason };
}

/** What KryptoGO's status means for ours: never downgrade what is paid, nor
 * fulfil a refund. */
export function decide(ours: Status, theirs: Status): Move {
  if (theirs === ours) return "duplicate";
  if (REACHES[ours].includes(theirs)) return "applied";
  const downgrade = ours === "success" && theirs !== "pending";
  const fulfilment = ours === "insufficient_refunded" && theirs === "success";
  return downgrade || fulfilment ? "conflict" : "stale";
}

/** Where a claim stands once our status is settled; "ahead" is API lag, or a
 * forgery. */
export function settleClaim(
  claim: Status | null,
  ours: Status,
  theirs: Status,
): "reached" | "ahead" | "unrelated" {
  if (claim === null || claim === ours || REACHES[claim].includes(ours)) {
    return "reached";
  }
  return REACHES[theirs].includes(claim) ? "ahead" : "unrelated";
}

/** The callback when all of its change is done, and its payment is `status`. */
export function afterChange(
  callback: Callback,
  status: Status,
  at: Date,
): Callback {
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

/** What the handlers are told of a payment that becomes `status`. */
export function eventOf(
  payment: Payment,
  status: Status,
  orderPaid: boolean,
  claimed: string | null,
  facts: Facts,
): PaymentEvent {
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

/** The amount in `text`, or null. */
export function decimal(text: string | null): Big | null {
  try {
    return text === null ? null : new Big(text);
  } catch {
    return null;
  }
}

/** Why `intent` must not change `payment`, as a reason for review, or null
 * where all agrees. */
export function mismatch(
  payment: Payment,
  intent: Intent,
  environment: string,
): string | null {
  const amount = decimal(intent.fiat_amount);
  const orderId = intent.order_data?.[ORDER_DATA_KEY] as string | number | null;
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
