// kgscaffold:id=core/driver
// How a statement reaches SQLite through Knex, and a transaction there.

/** @import { Knex } from "knex" */

/**
 * The pool of connections; a transaction may stand in its place.
 *
 * @typedef {Knex} Db
 */

/**
 * What a handler is given: Knex, inside the transaction that settles the
 * payment.
 *
 * @typedef {Knex.Transaction} Tx
 */

/** @typedef {string | number | boolean | Date | null} Value */

/** @typedef {Record<string, unknown>} Row */

/** What the error is called that there was no connection in time. */
export const NO_CONNECTION = "KnexTimeoutError";

/**
 * The rows of a statement, and how many it changed.
 *
 * @param {Db} db
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
 * What `work` gives, committed: the one writer is alone.
 *
 * @type {<T>(
 *   db: Db,
 *   work: (tx: Tx) => Promise<T>,
 *   alone: boolean,
 * ) => Promise<T>}
 */
export const begin = (db, work) => db.transaction(work);

/**
 * Has `refuse` called by what would end the transaction, until what this gives
 * is called.
 *
 * @param {Tx} tx
 * @param {() => never} refuse
 * @returns {() => void}
 */
export function forbidEnd(tx, refuse) {
  const commit = tx.commit.bind(tx);
  const rollback = tx.rollback.bind(tx);
  tx.commit = tx.rollback = refuse;
  return () => {
    Object.assign(tx, { commit, rollback });
  };
}
