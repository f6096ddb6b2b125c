// kgscaffold:id=core/callbacks
// What is asked of the table of callbacks; the rest of the store is store.ts.
import { randomUUID } from "node:crypto";
import type { Db } from "./database";
import * as dialect from "./dialect";
import { run, type Value } from "./driver";
import type { Callback, Delivery, State } from "./model";
import { CALLBACK_COLUMNS, differing, insertNew, places, read } from "./rows";

const SELECT = `SELECT ${CALLBACK_COLUMNS} FROM kryptogo_callbacks`;
const CLAIMABLE = `state IN ('pending', 'applied') AND next_attempt_at <= ?
  AND (lease_token IS NULL OR lease_until < ?)`;

async function find(
  db: Db,
  where: string,
  values: readonly Value[],
): Promise<Callback[]> {
  return read((await run(db, `${SELECT} ${where}`, values)).rows);
}

/** The values of one column. */
async function column(
  db: Db,
  name: string,
  rest: string,
  values: readonly Value[],
): Promise<string[]> {
  const sql = `SELECT ${name} FROM kryptogo_callbacks ${rest}`;
  return (await run(db, sql, values)).rows.map((row) => String(row[name]));
}

/**
 * Store a new callback: "pending" where its payment is registered, else
 * "unregistered". null where its key is taken, or it is not to be kept. It
 * waits for no payment's lock.
 */
export async function accept(
  db: Db,
  row: Delivery & { id: string },
  at: Date,
  keepUnregistered: boolean,
): Promise<State | null> {
  const key = [row.id, row.payment_intent_id, row.status] as const;
  const told = [row.claimed_status, JSON.stringify(row.payload)] as const;
  const state = await dialect.accept(db, key, told, at, keepUnregistered);
  return state as State | null;
}

/** Store a callback as it is; false where its key is taken. */
export function insertCallback(
  db: Db,
  row: Partial<Callback>,
): Promise<boolean> {
  return insertNew(db, "kryptogo_callbacks", row, "last_received_at");
}

/** The callback of a key. */
export async function callback(
  db: Db,
  intentId: string,
  claim: string,
): Promise<Callback | null> {
  const where = "WHERE payment_intent_id = ? AND status = ?";
  return (await find(db, where, [intentId, claim]))[0] ?? null;
}

/**
 * Write what differs; false where the state or the lease is not as `seen` any
 * more. `delivered` counts one delivery more; `unlessRedelivered` writes
 * nothing where there was one.
 */
export async function updateCallback(
  db: Db,
  seen: Callback,
  then: Callback,
  { delivered = false, unlessRedelivered = false } = {},
): Promise<boolean> {
  const [changes, values] = differing(seen, then);
  let sql = `UPDATE kryptogo_callbacks SET ${changes}`;
  if (delivered) sql += ", deliveries = deliveries + 1";
  sql += " WHERE id = ? AND state = ?";
  values.push(seen.id, seen.state);
  if (seen.lease_token === null) {
    sql += " AND lease_token IS NULL";
  } else {
    sql += " AND lease_token = ?";
    values.push(seen.lease_token);
  }
  if (unlessRedelivered) {
    sql += " AND deliveries = ?";
    values.push(seen.deliveries);
  }
  return (await run(db, sql, values)).changed === 1;
}

/** The callbacks of an intent, the first received first. */
export function callbacksOf(db: Db, intentId: string): Promise<Callback[]> {
  const where = "WHERE payment_intent_id = ? ORDER BY first_received_at";
  return find(db, where, [intentId]);
}

/** The callbacks that were given up. */
export function deadCallbacks(db: Db): Promise<Callback[]> {
  return find(db, "WHERE state = 'dead'", []);
}

/** The ids of callbacks that may be claimed, longest due first. */
export function dueCallbacks(
  db: Db,
  at: Date,
  limit: number,
): Promise<string[]> {
  const rest = `WHERE ${CLAIMABLE} ORDER BY next_attempt_at LIMIT ?`;
  return column(db, "id", rest, [at, at, limit]);
}

/** Those that are still due, leased to the caller, with one attempt more. */
export async function claim(
  db: Db,
  ids: readonly string[],
  at: Date,
  until: Date,
): Promise<Callback[]> {
  const token = randomUUID().replaceAll("-", "");
  const chosen = `id IN (${places(ids)})`;
  const update = `UPDATE kryptogo_callbacks SET attempts = attempts + 1,
    lease_token = ?, lease_until = ? WHERE ${chosen} AND ${CLAIMABLE}`;
  const leased = `${SELECT} WHERE ${chosen} AND lease_token = ?`;
  return read(
    await dialect.changedRows(
      db,
      [update, [token, until, ...ids, at, at]],
      CALLBACK_COLUMNS,
      [leased, [...ids, token]],
    ),
  );
}

/** Make the callbacks pending whose payment, or that of this intent, is
 * registered by now. */
export async function adopt(
  db: Db,
  at: Date,
  intentId: string | null = null,
): Promise<void> {
  // Looked up first: an update that finds nothing would lock a place in the
  // index on MySQL, where callbacks of others are to be stored, until the
  // caller's transaction ends.
  const registered =
    intentId === null
      ? "IN (SELECT payment_intent_id FROM kryptogo_payments)"
      : "= ?";
  const ids = await column(
    db,
    "id",
    `WHERE state = 'unregistered' AND payment_intent_id ${registered}`,
    intentId === null ? [] : [intentId],
  );
  if (ids.length === 0) return;
  const sql = `UPDATE kryptogo_callbacks
    SET state = 'pending', attempts = 0, next_attempt_at = ?
    WHERE id IN (${places(ids)}) AND state = 'unregistered'`;
  await run(db, sql, [at, ...ids]);
}

/** End waits after so many attempts that are later than `latest`, and leases
 * beyond `lease`. */
export async function makeDue(
  db: Db,
  at: Date,
  latest: ReadonlyMap<number, Date>,
  lease: Date,
): Promise<void> {
  const tooLate = "(attempts <= ? AND next_attempt_at > ?)";
  const sql = `UPDATE kryptogo_callbacks
    SET next_attempt_at = ?, lease_until = ?
    WHERE state IN ('pending', 'applied')
    AND (${[...latest].map(() => tooLate).join(" OR ")}
      OR (lease_token IS NOT NULL AND lease_until > ?))`;
  await run(db, sql, [at, at, ...[...latest].flat(), lease]);
}

/** Drop the callbacks of unknown intents, but for the latest `keep`, and none
 * from `before`. Of equal times, all who do so drop the same. */
export async function trimUnregistered(
  db: Db,
  keep: number,
  before: Date,
): Promise<void> {
  const unknown = "WHERE state = 'unregistered' GROUP BY payment_intent_id";
  const latestFirst = `${unknown}
    ORDER BY max(last_received_at) DESC, payment_intent_id`;
  const tooOld = `${unknown} HAVING max(last_received_at) < ?`;
  const all = await column(db, "payment_intent_id", latestFirst, []);
  const old = await column(db, "payment_intent_id", tooOld, [before]);
  const surplus = [...all.slice(keep), ...old];
  if (surplus.length === 0) return;
  const sql = `DELETE FROM kryptogo_callbacks WHERE state = 'unregistered'
    AND payment_intent_id IN (${places(surplus)})`;
  await run(db, sql, surplus);
}
