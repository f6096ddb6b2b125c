// kgscaffold:id=core/rows
// The columns of the three tables, and their rows as they are in memory.
import { Big } from "big.js";
import type { Db } from "./database";
import { COLUMNS_OF, unlessTaken } from "./dialect";
import { type Row, run, type Value } from "./driver";

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

/** The tables and columns that are not there. */
export async function missing(db: Db): Promise<string[]> {
  const lacking: string[] = [];
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

/** The rows as they are in memory: their times, amounts, flags, documents. */
export function read<T>(rows: readonly Row[]): T[] {
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      if (value !== null) row[name] = inMemory(name, value);
    }
  }
  return rows as T[];
}

function inMemory(name: string, value: unknown): unknown {
  if (TIMES.test(name)) return new Date(value as string | number | Date);
  if (AMOUNTS.test(name)) return new Big(value as string).toFixed();
  if (name === "needs_review") return Boolean(value);
  const isDocument = name === "payload" || name === "detail";
  if (isDocument && typeof value === "string") return JSON.parse(value);
  return value;
}

function stored(value: unknown): Value {
  const isDocument =
    typeof value === "object" && value !== null && !(value instanceof Date);
  return isDocument ? JSON.stringify(value) : (value as Value);
}

/** What differs: as a SET clause, and its values. */
export function differing<T extends object>(
  seen: T,
  then: T,
): [string, Value[]] {
  const before = new Map<string, unknown>(Object.entries(seen));
  const changes = Object.entries(then).filter(
    ([name, value]) => value !== before.get(name),
  );
  const set = changes.map(([name]) => `${name} = ?`).join(", ");
  return [set, changes.map(([, value]) => stored(value))];
}

/** A question mark for each, as the database is to get them. */
export function places(values: readonly unknown[]): string {
  return values.map(() => "?").join(", ");
}

/** Store a row; false where its key is taken. `time`: one of its columns. */
export async function insertNew(
  db: Db,
  table: keyof typeof TABLES,
  row: object,
  time: string,
): Promise<boolean> {
  const values = Object.values(row).map(stored);
  const sql = `INSERT INTO ${table} (${Object.keys(row).join(", ")})
    VALUES (${places(values)}) ${unlessTaken(time)}`;
  return (await run(db, sql, values)).changed === 1;
}
