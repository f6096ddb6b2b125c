// kgscaffold:id=core/store
// All that is asked of the database. A function is one statement, or few; none
// knows a rule. Statements are fixed texts: building one with Knex costs more
// than running it. `db` may be a transaction.
import { randomUUID } from "node:crypto";
import { Big } from "big.js";
import { type Db, isUnavailable, type Tx } from "./database.js";
import * as dialect from "./dialect.js";
import { type Row, run, type Value } from "./driver.js";
import {
  type Callback,
  type HistoryEntry,
  type Payment,
  sourceOf,
  type State,
  type Status,
} from "./model.js";

const MIGRATE = "npm run migrate";
/** The columns of each table, with those that stand for something else. */
const COLUMNS = {
  kryptogo_payments: `
    payment_intent_id order_id client_id environment status
    expected_fiat_amount fiat_currency crypto_amount received_crypto_amount
    aggregated_crypto_amount refund_amount symbol payment_chain_id
    payment_tx_hash aggregation_tx_hash refund_tx_hash payment_deadline
    needs_review review_reason last_verified_at next_check_at created_at
    updated_at`,
  kryptogo_callbacks: `
    id payment_intent_id status claimed_status payload deliveries state outcome
    applied_status attempts ahead_since next_attempt_at lease_token lease_until
    last_error first_received_at last_received_at processed_at`,
  kryptogo_payment_history: `
    id payment_intent_id callback_id from_status to_status applied_status
    outcome source detail created_at`,
};
const TIMES = /_(at|until|since|deadline)$/;
const AMOUNTS = /_amount$/;

/** What a person must mend about the database. Raises the database's own errors
 * when it is away. */
export async function faults(db: Db): Promise<string[]> {
  try {
    const lacking: string[] = [];
    for (const [table, columns] of Object.entries(COLUMNS)) {
      const there = await run(db, dialect.COLUMNS_OF, [table]);
      const known = new Set(there.rows.map(({ name }) => name));
      const names = columns.trim().split(/\s+/);
      const missing = names.filter((name) => !known.has(name));
      const isThere = missing.length < names.length;
      lacking.push(
        ...(isThere ? missing.map((name) => `${table}.${name}`) : [table]),
      );
    }
    const found = await dialect.faults(db);
    if (lacking.length > 0) {
      const what = lacking.join(", ");
      found.push(
        `The database lacks ${what}. Make what is missing: ${MIGRATE}`,
      );
    }
    return found;
  } catch (error) {
    if (isUnavailable(error)) throw error;
    return [String(error instanceof Error ? error.message : error)];
  }
}

/** What a column keeps, as it is kept. */
function stored(value: unknown): Value {
  const isDocument =
    typeof value === "object" && value !== null && !(value instanceof Date);
  return isDocument ? JSON.stringify(value) : (value as Value);
}

/** A row, read: times, amounts, flags and documents as they are in memory. */
function read(row: Row): Row {
  for (const [name, value] of Object.entries(row)) {
    if (value === null) continue;
    if (TIMES.test(name)) {
      row[name] = new Date(value as string | number | Date);
    } else if (AMOUNTS.test(name)) {
      row[name] = new Big(value as string).toFixed();
    } else if (name === "needs_review") {
      row[name] = Boolean(value);
    } else if (name === "payload" || name === "detail") {
      row[name] = typeof value === "string" ? JSON.parse(value) : value;
    }
  }
  return row;
}

async function callbacks(
  db: Db,
  sql: string,
  values: readonly Value[],
): Promise<Callback[]> {
  const { rows } = await run(db, sql, values);
  return rows.map((row) => read(row) as unknown as Callback);
}

async function payments(
  db: Db,
  where: string,
  values: readonly Value[],
): Promise<Payment[]> {
  const sql = `SELECT * FROM kryptogo_payments ${where}`;
  const { rows } = await run(db, sql, values);
  return rows.map((row) => read(row) as unknown as Payment);
}

async function insertNew(
  db: Db,
  table: string,
  row: object,
  time: string,
): Promise<boolean> {
  const values = Object.values(row).map(stored);
  const sql = `INSERT INTO ${table} (${Object.keys(row).join(", ")})
    VALUES (${places(values)}) ${dialect.unlessTaken(time)}`;
  return (await run(db, sql, values)).changed === 1;
}

function places(values: readonly unknown[]): string {
  return values.map(() => "?").join(", ");
}

/** The columns that differ, as a SET clause, and their values. */
function differing<T extends object>(seen: T, then: T): [string, Value[]] {
  const before = new Map(Object.entries(seen));
  const changes = Object.entries(then).filter(
    ([name, value]) => value !== before.get(name),
  );
  return [
    changes.map(([name]) => `${name} = ?`).join(", "),
    changes.map(([, value]) => stored(value)),
  ];
}

/**
 * Store a new callback: "pending" where its payment is registered, else
 * "unregistered". null where its key is taken, or it is not to be kept. It
 * waits for no payment's lock.
 */
export async function accept(
  db: Db,
  row: Pick<
    Callback,
    "id" | "payment_intent_id" | "status" | "claimed_status" | "payload"
  >,
  at: Date,
  keepUnregistered: boolean,
): Promise<State | null> {
  const { id, payment_intent_id, status, claimed_status, payload } = row;
  return (await dialect.accept(
    db,
    [id, payment_intent_id, status],
    [claimed_status ?? "", JSON.stringify(payload)],
    at,
    keepUnregistered,
  )) as State | null;
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
  const sql = `SELECT * FROM kryptogo_callbacks
    WHERE payment_intent_id = ? AND status = ?`;
  return (await callbacks(db, sql, [intentId, claim]))[0] ?? null;
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
  const sql = `SELECT * FROM kryptogo_callbacks WHERE payment_intent_id = ?
    ORDER BY first_received_at`;
  return callbacks(db, sql, [intentId]);
}

/** The callbacks that were given up. */
export function deadCallbacks(db: Db): Promise<Callback[]> {
  const sql = "SELECT * FROM kryptogo_callbacks WHERE state = 'dead'";
  return callbacks(db, sql, []);
}

const CLAIMABLE = `state IN ('pending', 'applied') AND next_attempt_at <= ?
  AND (lease_token IS NULL OR lease_until < ?)`;

/** The ids of callbacks that may be claimed, longest due first. */
export async function dueCallbacks(
  db: Db,
  at: Date,
  limit: number,
): Promise<string[]> {
  const sql = `SELECT id FROM kryptogo_callbacks WHERE ${CLAIMABLE}
    ORDER BY next_attempt_at LIMIT ?`;
  const { rows } = await run(db, sql, [at, at, limit]);
  return rows.map((row) => String(row["id"]));
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
  const find = `SELECT * FROM kryptogo_callbacks WHERE ${chosen}
    AND lease_token = ?`;
  const rows = await dialect.changedRows(
    db,
    [update, [token, until, ...ids, at, at]],
    [find, [...ids, token]],
  );
  return rows.map((row) => read(row) as unknown as Callback);
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
  const early = `SELECT id FROM kryptogo_callbacks WHERE state = 'unregistered'
    AND payment_intent_id`;
  const { rows } =
    intentId === null
      ? await run(
          db,
          `${early} IN (SELECT payment_intent_id FROM kryptogo_payments)`,
          [],
        )
      : await run(db, `${early} = ?`, [intentId]);
  if (rows.length === 0) return;
  const ids = rows.map((row) => String(row["id"]));
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
  const waits = [...latest].map(
    () => "(attempts <= ? AND next_attempt_at > ?)",
  );
  const sql = `UPDATE kryptogo_callbacks
    SET next_attempt_at = ?, lease_until = ?
    WHERE state IN ('pending', 'applied') AND (${waits.join(" OR ")}
      OR (lease_token IS NOT NULL AND lease_until > ?))`;
  await run(db, sql, [at, at, ...[...latest].flat(), lease]);
}

/** Drop the callbacks of unknown intents, but for the latest `keep`, and none
 * from `before`. */
export async function trimUnregistered(
  db: Db,
  keep: number,
  before: Date,
): Promise<void> {
  const unknown = `SELECT payment_intent_id FROM kryptogo_callbacks
    WHERE state = 'unregistered' GROUP BY payment_intent_id`;
  const tooOld = `${unknown} HAVING max(last_received_at) < ?`;
  const latest = `${unknown} ORDER BY max(last_received_at) DESC`;
  const surplus = (await run(db, latest, [])).rows.slice(keep);
  surplus.push(...(await run(db, tooOld, [before])).rows);
  if (surplus.length === 0) return;
  const intents = surplus.map((row) => String(row["payment_intent_id"]));
  const sql = `DELETE FROM kryptogo_callbacks WHERE state = 'unregistered'
    AND payment_intent_id IN (${places(intents)})`;
  await run(db, sql, intents);
}

/** The registered payment of an intent. */
export async function getPayment(
  db: Db,
  intentId: string,
): Promise<Payment | null> {
  const found = await payments(db, "WHERE payment_intent_id = ?", [intentId]);
  return found[0] ?? null;
}

/** The registered payments of these intents, by intent. */
export async function paymentsOf(
  db: Db,
  intentIds: readonly string[],
): Promise<Map<string, Payment>> {
  const where = `WHERE payment_intent_id IN (${places(intentIds)})`;
  return byIntent(await payments(db, where, intentIds));
}

function byIntent(found: readonly Payment[]): Map<string, Payment> {
  return new Map(found.map((payment) => [payment.payment_intent_id, payment]));
}

const OLDEST_FIRST = "ORDER BY created_at, payment_intent_id";
const LATEST = "ORDER BY created_at DESC, payment_intent_id LIMIT ?";

/** The payments of an order, oldest first. */
export function paymentsOfOrder(db: Db, orderId: string): Promise<Payment[]> {
  return payments(db, `WHERE order_id = ? ${OLDEST_FIRST}`, [orderId]);
}

/** The payments whose next check is due. */
export function paymentsToCheck(db: Db, at: Date): Promise<Payment[]> {
  return payments(db, `WHERE next_check_at <= ? ${OLDEST_FIRST}`, [at]);
}

/** The payments that wait for a person. */
export function paymentsToReview(db: Db): Promise<Payment[]> {
  return payments(db, `WHERE needs_review ${OLDEST_FIRST}`, []);
}

/** The latest payments, of all or of one status, the newest first. */
export function latestPayments(
  db: Db,
  limit: number,
  status: Status | null,
): Promise<Payment[]> {
  if (status === null) return payments(db, LATEST, [limit]);
  return payments(db, `WHERE status = ? ${LATEST}`, [status, limit]);
}

/** Store a payment; false where its intent is registered already. */
export function insertPayment(db: Db, row: Partial<Payment>): Promise<boolean> {
  return insertNew(db, "kryptogo_payments", row, "updated_at");
}

/** The payment of a registered intent as it is now, whatever the transaction
 * saw before. */
export async function lockedPayment(
  tx: Tx,
  intentId: string,
): Promise<Payment | null> {
  const sql = `WHERE payment_intent_id = ? ${dialect.FOR_UPDATE}`;
  return (await payments(tx, sql, [intentId]))[0] ?? null;
}

/** Lock all payments of an order by writing to them: the first statement of a
 * transaction. */
export async function lockOrder(
  tx: Tx,
  orderId: string,
  at: Date,
): Promise<Map<string, Payment>> {
  const rows = await dialect.changedRows(
    tx,
    [
      "UPDATE kryptogo_payments SET updated_at = ? WHERE order_id = ?",
      [at, orderId],
    ],
    ["SELECT * FROM kryptogo_payments WHERE order_id = ?", [orderId]],
  );
  return byIntent(rows.map((row) => read(row) as unknown as Payment));
}

/** Write what differs to a payment that is locked. */
export async function updatePayment(
  tx: Tx,
  seen: Payment,
  then: Payment,
): Promise<void> {
  const now = { ...then, updated_at: new Date() };
  const [changes, values] = differing(seen, now);
  const sql = `UPDATE kryptogo_payments SET ${changes}
    WHERE payment_intent_id = ?`;
  await run(tx, sql, [...values, seen.payment_intent_id]);
}

let lastEntry = 0;

/** The time of an entry: entries of one millisecond keep their order. */
function afterLastEntry(): Date {
  lastEntry = Math.max(Date.now(), lastEntry + 1);
  return new Date(lastEntry);
}

/** Append a decision, a person's where there is no `callback`. false where its
 * `applied_status` stands in the history already. */
export function appendHistory(
  db: Db,
  intentId: string,
  outcome: string,
  callback: Callback | null,
  entry: Partial<HistoryEntry>,
): Promise<boolean> {
  const row = {
    id: randomUUID().replaceAll("-", ""),
    payment_intent_id: intentId,
    callback_id: callback ? callback.id : null,
    outcome,
    source: callback ? sourceOf(callback) : "manual",
    detail: {},
    created_at: afterLastEntry(),
    ...entry,
  };
  return insertNew(db, "kryptogo_payment_history", row, "created_at");
}

/** Every decision about a payment, oldest first. */
export async function historyOf(
  db: Db,
  intentId: string,
): Promise<HistoryEntry[]> {
  const sql = `SELECT * FROM kryptogo_payment_history
    WHERE payment_intent_id = ? ORDER BY created_at`;
  const { rows } = await run(db, sql, [intentId]);
  return rows.map((row) => read(row) as unknown as HistoryEntry);
}
