// kgscaffold:id=core/model
// Statuses, payments, callbacks, events and handlers. Amounts are decimal
// strings, times are UTC.
import type { Db, Tx } from "./database";
import type { Settings } from "./settings";

export const STATUSES = [
  "pending",
  "success",
  "expired",
  "insufficient_not_refunded",
  "insufficient_refunded",
] as const;
export type Status = (typeof STATUSES)[number];

/** Whether it is one of the five. */
export function isStatus(word: string | null): word is Status {
  return STATUSES.some((status) => status === word);
}

/** The key of a callback that claims none of the five: an unknown status, or
 * our own reconcile. */
export const RECHECK = "recheck";

/** What is still owed to a stored callback. */
export type State =
  "unregistered" | "pending" | "applied" | "done" | "rejected" | "dead";

export const NO_FACTS = {
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

/** What KryptoGO tells of the money. */
export type Facts = Record<keyof typeof NO_FACTS, string | null>;

export const FACTS = Object.keys(NO_FACTS) as (keyof Facts)[];

/** The facts that are known. */
export function told(facts: Facts): Partial<Facts> {
  const known: Partial<Facts> = {};
  for (const name of FACTS) {
    if (facts[name] !== null) known[name] = facts[name];
  }
  return known;
}

/** KryptoGO's answer about one payment intent. */
export interface Intent extends Facts {
  payment_intent_id: string | null;
  status: string;
  client_id: string | null;
  fiat_amount: string | null;
  fiat_currency: string | null;
  payment_address: string | null;
  /** Unix time, in seconds. */
  payment_deadline: number | null;
  order_data: Readonly<Record<string, unknown>> | null;
}

/** One registered intent: what the order expects, and how far it has come. */
export interface Payment extends Facts {
  payment_intent_id: string;
  order_id: string;
  client_id: string;
  environment: string;
  status: Status;
  expected_fiat_amount: string;
  fiat_currency: string;
  payment_deadline: Date;
  needs_review: boolean;
  review_reason: string | null;
  last_verified_at: Date | null;
  next_check_at: Date | null;
  created_at: Date;
  updated_at: Date;
}

/** One confirmed change of a payment, as the handlers see it. */
export interface PaymentEvent extends Facts {
  status: Status;
  from_status: Status;
  /** What the callback said; null for a reconcile. KryptoGO confirmed `status`. */
  claimed_status: string | null;
  /** The payment had expired before. */
  late: boolean;
  /** The refund came, and `insufficient_not_refunded` had not been seen. */
  skipped: boolean;
  /** Another payment of the same order has succeeded. */
  order_already_paid: boolean;
  /** `<intent>:<status>`, the same at every run: an idempotency key. */
  key: string;
}

/** What your code does about a status. */
export interface Handler {
  /** Inside the transaction that changes the payment: its effects on the
   * database commit once, though it may run more than once. */
  apply: (
    tx: Tx,
    payment: Payment,
    event: PaymentEvent,
  ) => Promise<void> | void;
  /** After it, at least once: mail and fulfilment. */
  afterCommit?: (payment: Payment, event: PaymentEvent) => Promise<void> | void;
}

export type Handlers = Readonly<Record<Status, Handler>>;

/** What was posted to the callback route, checked. */
export interface Delivery {
  payment_intent_id: string;
  status: string;
  claimed_status: string;
  payload: Readonly<Record<string, unknown>>;
}

/** A stored callback: all deliveries about one intent that claim one status. */
export interface Callback {
  id: string;
  payment_intent_id: string;
  /** One of the five, or RECHECK. */
  status: string;
  claimed_status: string | null;
  payload: Readonly<Record<string, unknown>>;
  deliveries: number;
  state: State;
  outcome: string | null;
  applied_status: Status | null;
  attempts: number;
  ahead_since: Date | null;
  next_attempt_at: Date;
  lease_token: string | null;
  lease_until: Date | null;
  last_error: string | null;
  first_received_at: Date;
  last_received_at: Date;
  processed_at: Date | null;
}

/** The status that a callback claims; null for RECHECK. */
export function claimOf(callback: Callback): Status | null {
  return isStatus(callback.status) ? callback.status : null;
}

/** Who asks: a callback, or our own reconcile. */
export function sourceOf(callback: Callback): "callback" | "reconcile" {
  return callback.claimed_status ? "callback" : "reconcile";
}

/** One decision about a payment, as the history keeps it. */
export interface HistoryEntry {
  id: string;
  payment_intent_id: string;
  callback_id: string | null;
  from_status: string | null;
  to_status: string | null;
  applied_status: string | null;
  outcome: string;
  source: string;
  detail: Readonly<Record<string, unknown>>;
  created_at: Date;
}

/** Where the payments log; `console` is one. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** What the core needs of the application that it is part of. */
export interface Context {
  readonly db: Db;
  readonly handlers: Handlers;
  readonly log: Log;
  /** The checked environment variables. Raises ConfigurationError. */
  readonly settings: () => Settings;
  /** The order as it stands, for people who look at a payment. */
  readonly findOrder: (orderId: string) => Promise<object | null>;
}

/** `time`, so many seconds later. */
export function later(time: Date, seconds: number): Date {
  return new Date(time.getTime() + 1000 * seconds);
}
