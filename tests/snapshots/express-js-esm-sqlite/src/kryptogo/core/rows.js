// kgscaffold:id=core/rows
// The columns of the three tables, and their rows as they are in memory.

/**
 * @import { Db } from "./database.js"
 * @import { Row, Value } from "./driver.js"
 */

import { Big } from "big.js";
import { COLUMNS_OF, unlessTaken } from "./dialect.js";
import { run } from "./driver.js";

export const PAYMENT_COLUMNS = `
  payment_intent_id, order_id, client_id, environment, status,
  expected_fiat_amount, fiat_currency, crypto_amount, received_crypto_amount,
  aggregated_crypto_amount, refund_amount, symbol, payment_chain_id,
  payment_tx_hash, aggregation_tx_hash, refund_tx_hash, payment_deadline,
  needs_review, review_reason, last_verified_at, next_check_at, created_at,
  updated_at`;
export const CALLBACK_COLUMNS = `
  id, payment_intent_id, status, claimed_status, payload, deliveries, state,
  outcome, applied_status, attempts, ahead_since, next_attempt_at, lease_token,
  lease_until, last_error, first_received_at, last_received_at, processed_at`;
export const HISTORY_COLUMNS = `
  id, payment_intent_id, callback_id, from_status, to_status, applied_status,
  outcome, source, detail, created_at`;
const TABLES = {
  kryptogo_payments: PAYMENT_COLUMNS,
  kryptogo_callbacks: CALLBACK_COLUMNS,
  kryptogo_payment_history: HISTORY_COLUMNS,
};
const TIMES = /_(at|until|since|deadline)$/;
const AMOUNTS = /_amount$/;

/**
 * The tables and columns that are not there.
 *
 * @param {Db} db
 * @returns {Promise<string[]>}
 */
export async function missing(db) {
  /** @type {string[]} */
  const lacking = [];
  for (const [table, columns] of Object.entries(TABLES)) {
    const { rows } = await run(db, COLUMNS_OF, [table]);
    const there = rows.map(({ name }) => name);
    if (there.length === 0) {
      lacking.push(table);
    } else {
      const names = columns.trim().split(/,\s+/);
      const absent = names.filter((name) => !there.includes(name));
      lacking.push(...absent.map((name) => `${table}.${name}`));
    }
  }
  return lacking;
}

/**
 * The rows as they are in memory: their times, amounts, flags, documents.
 *
 * @template T
 * @param {readonly Row[]} rows
 * @returns {T[]}
 */
export function read(rows) {
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      if (value !== null) row[name] = inMemory(name, value);
    }
  }
  return /** @type {T[]} */ (rows);
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {unknown}
 */
function inMemory(name, value) {
  if (TIMES.test(name))
    return new Date(/** @type {string | number | Date} */ (value));
  if (AMOUNTS.test(name))
    return new Big(/** @type {string} */ (value)).toFixed();
  if (name === "needs_review") return Boolean(value);
  const isDocument = name === "payload" || name === "detail";
  if (isDocument && typeof value === "string") return JSON.parse(value);
  return value;
}

/**
 * @param {unknown} value
 * @returns {Value}
 */
function stored(value) {
  const isDocument =
    typeof value === "object" && value !== null && !(value instanceof Date);
  return isDocument ? JSON.stringify(value) : /** @type {Value} */ (value);
}

/**
 * What differs: as a SET clause, and its values.
 *
 * @template {object} T
 * @param {T} seen
 * @param {T} then
 * @returns {[string, Value[]]}
 */
export function differing(seen, then) {
  /** @type {Map<string, unknown>} */
  const before = new Map(Object.entries(seen));
  const changes = Object.entries(then).filter(
    ([name, value]) => value !== before.get(name),
  );
  const set = changes.map(([name]) => `${name} = ?`).join(", ");
  return [set, changes.map(([, value]) => stored(value))];
}

/**
 * A question mark for each, as the database is to get them.
 *
 * @param {readonly unknown[]} values
 * @returns {string}
 */
export function places(values) {
  return values.map(() => "?").join(", ");
}

/**
 * Store a row; false where its key is taken. `time`: one of its columns.
 *
 * @param {Db} db
 * @param {keyof typeof TABLES} table
 * @param {object} row
 * @param {string} time
 * @returns {Promise<boolean>}
 */
export async function insertNew(db, table, row, time) {
  const values = Object.values(row).map(stored);
  const sql = `INSERT INTO ${table} (${Object.keys(row).join(", ")})
    VALUES (${places(values)}) ${unlessTaken(time)}`;
  return (await run(db, sql, values)).changed === 1;
}
