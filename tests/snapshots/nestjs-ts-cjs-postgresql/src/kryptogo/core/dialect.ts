// kgscaffold:id=core/dialect
// What is PostgreSQL's own: its statements, types and errors. Its writers need
// not queue.
import { type Db, type Row, run, type Value } from "./driver";

type ChangedRows = (
  db: Db,
  update: Statement,
  columns: string,
  find: Statement,
) => Promise<Row[]>;
export type Statement = readonly [sql: string, values: readonly Value[]];

/** The end of a SELECT that locks its rows. */
export const FOR_UPDATE = "FOR UPDATE";

/** For how long an acknowledgement or a claim is tried again. */
export const PATIENCE_SECONDS = 2;
/** A connection that was lost, or not made: pg gives no code for these. */
const LOST = /Connection terminated|not queryable|timeout e|read timeout/;

/** Whether a statement that failed so may well succeed the next time. */
export function passes(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const state = "code" in error ? String(error.code) : "";
  return state ? /^(08|40|57P)/.test(state) : LOST.test(error.message);
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
  db: Db,
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

/** The names of a table's columns. */
export const COLUMNS_OF = `
  SELECT column_name AS name FROM information_schema.columns
  WHERE table_schema = ANY (current_schemas(false)) AND table_name = ?`;

/** What a person must mend about the server and the tables. */
export const faults: (db: Db) => Promise<string[]> = () => Promise.resolve([]);
