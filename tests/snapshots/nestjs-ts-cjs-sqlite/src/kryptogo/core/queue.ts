// kgscaffold:id=core/queue
// The callbacks as idempotency keys and work queue in one: what comes in, and
// what is owed.
import { randomUUID } from "node:crypto";
import { again, type Db } from "./database";
import { PATIENCE_SECONDS } from "./dialect";
import {
  type Callback,
  type Delivery,
  isStatus,
  later,
  type Payment,
} from "./model";
import { deliveredAgain, LEASE_SECONDS, opened, waits } from "./schedule";
import * as store from "./store";

/** Of a thousand: those that are being stored at one moment do not see each
 * other. */
export const MAX_UNREGISTERED = 950;
export const KEEP_UNREGISTERED_SECONDS = 7 * 24 * 3600;

/** A callback that is leased to this process, and its payment. */
export interface Claimed {
  callback: Callback;
  payment: Payment | null;
}

/** Store a delivery without waiting for a payment's lock; false where it is not
 * to be kept. Raises the database's own errors when it is down. */
export function accept(
  db: Db,
  delivery: Delivery,
  keepUnregistered: boolean,
): Promise<boolean> {
  const row = { id: newId(), ...delivery };
  const work = () => acceptOnce(db, row, keepUnregistered);
  return again(work, PATIENCE_SECONDS, true);
}

async function acceptOnce(
  db: Db,
  row: Delivery & { id: string },
  keepUnregistered: boolean,
): Promise<boolean> {
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

/** Owe the `afterCommit` of a status, or a look (RECHECK); false where it is
 * still owed. */
export async function owe(
  db: Db,
  intentId: string,
  status: string,
): Promise<boolean> {
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
  const open = { ...opened(seen, at), state, applied_status } as const;
  return store.updateCallback(db, seen, { ...open, claimed_status: null });
}

function newId(): string {
  return randomUUID().replaceAll("-", "");
}

/** The callbacks and their payments, leased to the caller, but for those that
 * another has. */
export function claim(db: Db, ids: readonly string[]): Promise<Claimed[]> {
  return again(() => claimOnce(db, ids), PATIENCE_SECONDS);
}

async function claimOnce(db: Db, ids: readonly string[]): Promise<Claimed[]> {
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
