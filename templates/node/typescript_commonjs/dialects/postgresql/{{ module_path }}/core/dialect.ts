// kgscaffold:id=core/dialect
// What is PostgreSQL's own: its statements, types and errors. Its writers need
// not queue.
import type { Knex } from "knex";
import pg from "pg";

export type Value = string | number | boolean | Date | null;
export type Row = Record<string, unknown>;
type ChangedRows = (
  db: Knex,
  update: Statement,
  columns: string,
  find: Statement,
) => Promise<Row[]>;
export type Statement = readonly [sql: string, values: readonly Value[]];

/** The end of a SELECT that locks its rows. */
export const FOR_UPDATE = "FOR UPDATE";

/** For how long an acknowledgement or a claim is tried again. */
export const PATIENCE_SECONDS = 0.5;
const NUMERIC = 1700;
const TIMESTAMPTZ = 1184;
const usual = pg.types.getTypeParser as (type: number) => unknown;
/** These two stay text, whatever the application has set for its own. */
const TYPES = {
  getTypeParser: (type: number) =>
    type === NUMERIC || type === TIMESTAMPTZ ? String : usual(type),
};
/** A connection that was lost, or not made: pg gives no code for these. */
const LOST = /Connection terminated|not queryable|timeout e|read timeout/;

/** Whether a statement that failed so may well succeed the next time. */
export function passes(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const state = "code" in error ? String(error.code) : "";
  return state ? /^(08|40|57P)/.test(state) : LOST.test(error.message);
}

/** The names of statements: each connection parses and plans them but once. */
const names = new Map<string, string>();
const MOST_NAMES = 100;

function nameOf(sql: string): string | undefined {
  if (names.size < MOST_NAMES && !names.has(sql)) {
    names.set(sql, `kryptogo_${String(names.size)}`);
  }
  return names.get(sql);
}

/** The rows of a statement, and how many it changed. */
export async function run(
  db: Knex,
  sql: string,
  values: readonly Value[],
): Promise<{ rows: Row[]; changed: number }> {
  const { rows, rowCount } = await db
    .raw<pg.QueryResult<Row>>(sql, values)
    .options({ types: TYPES, name: nameOf(sql) });
  return { rows, changed: rowCount ?? 0 };
}

/** The options of a transaction. `alone`: of two that miss what the other
 * writes, one is tried again. */
export function isolation(alone: boolean): Knex.TransactionConfig {
  return alone ? { isolationLevel: "serializable" } : {};
}

/** Does a transaction at once: nobody queues. */
export const inTurn: <T>(
  work: () => Promise<T>,
  urgent: boolean,
) => Promise<T> = (work) => work();

/** The end of an INSERT that changes nothing where its key is taken. */
export const unlessTaken: (time: string) => string = () =>
  "ON CONFLICT DO NOTHING";

const ACCEPT = `
  INSERT INTO kryptogo_callbacks
    (id, payment_intent_id, status, claimed_status, payload, deliveries,
     attempts, next_attempt_at, first_received_at, last_received_at, state)
  SELECT ?, ?, ?, ?, CAST(? AS json), 1, 0,
    CAST(? AS timestamptz), CAST(? AS timestamptz), CAST(? AS timestamptz),
    CASE WHEN known.registered THEN 'pending' ELSE 'unregistered' END
  FROM (SELECT EXISTS (SELECT 1 FROM kryptogo_payments
    WHERE payment_intent_id = ?) AS registered) AS known
  WHERE known.registered OR ?
  ON CONFLICT DO NOTHING
  RETURNING state`;

/** Stores a new callback in one statement, for `store.accept`: its state, or
 * null. `key`: its id, intent, status. */
export async function accept(
  db: Knex,
  key: readonly [string, string, string],
  [claimed, payload]: readonly [string, string],
  at: Date,
  keepUnregistered: boolean,
): Promise<unknown> {
  const values = [...key, claimed, payload, at, at, at, key[1]];
  const { rows } = await run(db, ACCEPT, [...values, keepUnregistered]);
  return rows[0]?.["state"] ?? null;
}

/** The rows that an update changed: `find` is for databases that give none. */
export const changedRows: ChangedRows = async (db, [sql, values], columns) =>
  (await run(db, `${sql} RETURNING ${columns}`, values)).rows;

/** What a person must mend about the server and the tables. */
export const faults: (db: Knex) => Promise<string[]> = () =>
  Promise.resolve([]);
