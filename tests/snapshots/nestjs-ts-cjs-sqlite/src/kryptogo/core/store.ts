// kgscaffold:id=core/store
// All that is asked of the database. A function is one statement, or few; none
// knows a rule. The statements are fixed texts: building one costs more
// than running it. A transaction may stand for `db`.
import { randomUUID } from "node:crypto";
import { type Db, isUnavailable, type Tx } from "./database";
import * as dialect from "./dialect";
import { run, type Value } from "./driver";
import {
  type Callback,
  type HistoryEntry,
  type Payment,
  sourceOf,
  type Status,
} from "./model";
import {
  differing,
  HISTORY_COLUMNS,
  insertNew,
  missing,
  PAYMENT_COLUMNS,
  places,
  read,
} from "./rows";

export {
  accept,
  adopt,
  callback,
  callbacksOf,
  claim,
  deadCallbacks,
  dueCallbacks,
  insertCallback,
  makeDue,
  trimUnregistered,
  updateCallback,
} from "./callbacks";

const MIGRATE = "npm run --silent migrate";
const SELECT = `SELECT ${PAYMENT_COLUMNS} FROM kryptogo_payments`;
const OLDEST_FIRST = "ORDER BY created_at, payment_intent_id";
const LATEST_FIRST = "ORDER BY created_at DESC, payment_intent_id LIMIT ?";

/** What a person must mend about the database. Raises the database's own errors
 * when it is away. */
export async function faults(db: Db): Promise<string[]> {
  try {
    const lacking = (await missing(db)).join(", ");
    const found = await dialect.faults(db);
    if (!lacking) return found;
    const remedy = `Make what is missing: ${MIGRATE}`;
    return [...found, `The database lacks ${lacking}. ${remedy}`];
  } catch (error) {
    if (isUnavailable(error) || !(error instanceof Error)) throw error;
    return [error.message]; // DATABASE_URL is wrong
  }
}

async function find(
  db: Db,
  where: string,
  values: readonly Value[],
): Promise<Payment[]> {
  return read((await run(db, `${SELECT} ${where}`, values)).rows);
}

function byIntent(found: readonly Payment[]): Map<string, Payment> {
  return new Map(found.map((payment) => [payment.payment_intent_id, payment]));
}

/** The registered payment of an intent. */
export async function getPayment(
  db: Db,
  intentId: string,
): Promise<Payment | null> {
  const found = await find(db, "WHERE payment_intent_id = ?", [intentId]);
  return found[0] ?? null;
}

/** The registered payments of these intents, by intent. */
export async function paymentsOf(
  db: Db,
  intentIds: readonly string[],
): Promise<Map<string, Payment>> {
  const where = `WHERE payment_intent_id IN (${places(intentIds)})`;
  return byIntent(await find(db, where, intentIds));
}

/** The payments of an order, oldest first. */
export function paymentsOfOrder(db: Db, orderId: string): Promise<Payment[]> {
  return find(db, `WHERE order_id = ? ${OLDEST_FIRST}`, [orderId]);
}

/** The payments whose next check is due. */
export function paymentsToCheck(db: Db, at: Date): Promise<Payment[]> {
  return find(db, `WHERE next_check_at <= ? ${OLDEST_FIRST}`, [at]);
}

/** The payments that wait for a person. */
export function paymentsToReview(db: Db): Promise<Payment[]> {
  return find(db, `WHERE needs_review ${OLDEST_FIRST}`, []);
}

/** The latest payments, of all or of one status, the newest first. */
export function latestPayments(
  db: Db,
  limit: number,
  status: Status | null,
): Promise<Payment[]> {
  if (status === null) return find(db, LATEST_FIRST, [limit]);
  return find(db, `WHERE status = ? ${LATEST_FIRST}`, [status, limit]);
}

/** Store a payment; false where its intent is registered already. */
export function insertPayment(db: Db, row: Partial<Payment>): Promise<boolean> {
  return insertNew(db, "kryptogo_payments", row, "updated_at");
}

/** The payment of an intent as it is now, whatever the transaction saw
 * before. */
export async function lockedPayment(
  tx: Tx,
  intentId: string,
): Promise<Payment | null> {
  const where = `WHERE payment_intent_id = ? ${dialect.FOR_UPDATE}`;
  return (await find(tx, where, [intentId]))[0] ?? null;
}

/** Lock all payments of an order by writing to them: the first statement of a
 * transaction. */
export async function lockOrder(
  tx: Tx,
  orderId: string,
  at: Date,
): Promise<Map<string, Payment>> {
  const update = "UPDATE kryptogo_payments SET updated_at = ?";
  const rows = await dialect.changedRows(
    tx,
    [`${update} WHERE order_id = ?`, [at, orderId]],
    PAYMENT_COLUMNS,
    [`${SELECT} WHERE order_id = ?`, [orderId]],
  );
  return byIntent(read(rows));
}

/** Write what differs to a payment that is locked. */
export async function updatePayment(
  tx: Tx,
  seen: Payment,
  then: Payment,
): Promise<void> {
  const written = { ...then, updated_at: new Date() };
  const [changes, values] = differing(seen, written);
  const sql = `UPDATE kryptogo_payments SET ${changes}
    WHERE payment_intent_id = ?`;
  await run(tx, sql, [...values, seen.payment_intent_id]);
}

let lastEntry = 0;

/** Append a decision, a person's where there is no `callback`. false where its
 * `applied_status` stands in the history already. */
export function appendHistory(
  db: Db,
  intentId: string,
  outcome: string,
  callback: Callback | null,
  entry: Partial<HistoryEntry>,
): Promise<boolean> {
  // Entries of one millisecond keep their order.
  lastEntry = Math.max(Date.now(), lastEntry + 1);
  const row = {
    id: randomUUID().replaceAll("-", ""),
    payment_intent_id: intentId,
    callback_id: callback ? callback.id : null,
    outcome,
    source: callback ? sourceOf(callback) : "manual",
    detail: {},
    created_at: new Date(lastEntry),
    ...entry,
  };
  return insertNew(db, "kryptogo_payment_history", row, "created_at");
}

/** Every decision about a payment, oldest first. */
export async function historyOf(
  db: Db,
  intentId: string,
): Promise<HistoryEntry[]> {
  const sql = `SELECT ${HISTORY_COLUMNS} FROM kryptogo_payment_history
    WHERE payment_intent_id = ? ORDER BY created_at`;
  return read((await run(db, sql, [intentId])).rows);
}
