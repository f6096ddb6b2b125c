// kgscaffold:id=core/dialect
// What is SQLite's own: its statements, types and errors, and its one writer
// at a time. Times are kept as milliseconds since 1970.

/** @import { Knex } from "knex" */

/** @typedef {string | number | boolean | Date | null} Value */

/** @typedef {Record<string, unknown>} Row */

/**
 * @typedef {(
 *   db: Knex,
 *   update: Statement,
 *   find: Statement,
 * ) => Promise<Row[]>} ChangedRows
 */

/** @typedef {readonly [sql: string, values: readonly Value[]]} Statement */

/** The end of a SELECT that locks its rows: here the one writer has them. */
export const FOR_UPDATE = "";

/** For how long an acknowledgement or a claim is tried again: so long may the
 * writer of another process take. */
export const PATIENCE_SECONDS = 5;

/**
 * Whether a statement that failed so may well succeed the next time.
 *
 * @param {unknown} error
 * @returns {boolean}
 */
export function passes(error) {
  if (!(error instanceof Error && "code" in error)) return false;
  return /^SQLITE_(BUSY|LOCKED)/.test(String(error.code));
}

/**
 * The rows of a statement, and how many it changed.
 *
 * @param {Knex} db
 * @param {string} sql
 * @param {readonly Value[]} values
 * @returns {Promise<{ rows: Row[]; changed: number }>}
 */
export async function run(db, sql, values) {
  /** @type {Row[] | { changes: number }} */
  const result = await db.raw(sql, values);
  if (Array.isArray(result)) return { rows: result, changed: result.length };
  return { rows: [], changed: result.changes };
}

/**
 * The options of a transaction: the one writer is alone.
 *
 * @type {(alone: boolean) => Knex.TransactionConfig}
 */
export const isolation = () => ({});

/** @type {Promise<unknown>} */
let lastInLine = Promise.resolve();

/**
 * Does our transactions of this process one after another. All share Knex's one
 * connection, in turn: so at most one of them is ahead of an acknowledgement,
 * or of what your own code asks.
 *
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export function inTurn(work) {
  const done = lastInLine.then(work);
  lastInLine = done.catch(() => null);
  return done;
}

/**
 * The end of an INSERT that changes nothing where its key is taken.
 *
 * @type {(time: string) => string}
 */
export const unlessTaken = () => "ON CONFLICT DO NOTHING";

const ACCEPT = `
  INSERT INTO kryptogo_callbacks
    (id, payment_intent_id, status, claimed_status, payload, deliveries,
     attempts, next_attempt_at, first_received_at, last_received_at, state)
  SELECT ?, ?, ?, ?, ?, 1, 0, ?, ?, ?,
    CASE WHEN known.registered THEN 'pending' ELSE 'unregistered' END
  FROM (SELECT EXISTS (SELECT 1 FROM kryptogo_payments
    WHERE payment_intent_id = ?) AS registered) AS known
  WHERE known.registered OR ?
  ON CONFLICT DO NOTHING
  RETURNING state`;

/**
 * Stores a new callback in one statement, for `store.accept`: its state, or
 * null. `key`: its id, intent, status.
 *
 * @param {Knex} db
 * @param {readonly [string, string, string]} key
 * @param {readonly [string, string]} options
 * @param {Date} at
 * @param {boolean} keepUnregistered
 * @returns {Promise<unknown>}
 */
export async function accept(
  db,
  key,
  [claimed, payload],
  at,
  keepUnregistered,
) {
  const values = [...key, claimed, payload, at, at, at, key[1]];
  const { rows } = await run(db, ACCEPT, [...values, keepUnregistered]);
  return rows[0]?.["state"] ?? null;
}

/**
 * The rows that an update changed: `find` is for databases that give none.
 *
 * @type {ChangedRows}
 */
export const changedRows = async (db, [sql, values]) =>
  (await run(db, `${sql} RETURNING *`, values)).rows;

/**
 * What a person must mend about the server and the tables.
 *
 * @type {(db: Knex) => Promise<string[]>}
 */
export const faults = () => Promise.resolve([]);
