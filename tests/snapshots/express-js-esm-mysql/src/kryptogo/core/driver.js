// kgscaffold:id=core/driver
// How a statement reaches MySQL through Knex, and a transaction there.

/**
 * @import { Knex } from "knex"
 * @import { ResultSetHeader } from "mysql2"
 */

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
 * @typedef {object} Field
 * @property {string} type
 * @property {() => string | null} string
 */

/** How values are read, whatever the application has set for its own: amounts
 * as text, times as the UTC that they are. */
const TYPES = {
  /**
   * @param {Field} field
   * @param {() => unknown} next
   * @returns {unknown}
   */
  typeCast(field, next) {
    if (field.type === "NEWDECIMAL") return field.string();
    if (field.type !== "DATETIME") return next();
    return field.string()?.replace(/ (.*)/, "T$1Z") ?? null;
  },
};

/**
 * The rows of a statement, and how many it changed.
 *
 * @param {Db} db
 * @param {string} sql
 * @param {readonly Value[]} values
 * @returns {Promise<{ rows: Row[]; changed: number }>}
 */
export async function run(db, sql, values) {
  const bound = values.map((value) =>
    value instanceof Date ? value.toISOString().slice(0, -1) : value,
  );
  /** @type {(Row[] | ResultSetHeader)[]} */
  const [result] = await db.raw(sql, bound).options(TYPES);
  if (Array.isArray(result)) return { rows: result, changed: 0 };
  return { rows: [], changed: result?.affectedRows ?? 0 };
}

/**
 * What `work` gives, committed. At the server's usual level, REPEATABLE READ,
 * the lock of an order would hold its neighbours' places in the index too.
 * `alone`: of two that miss what the other writes, one is tried again.
 *
 * @template T
 * @param {Db} db
 * @param {(tx: Tx) => Promise<T>} work
 * @param {boolean} alone
 * @returns {Promise<T>}
 */
export function begin(db, work, alone) {
  const isolationLevel = alone ? "repeatable read" : "read committed";
  return db.transaction(work, { isolationLevel });
}

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
