// kgscaffold:id=core/driver
// How a statement reaches PostgreSQL through Knex, and a transaction there.
"use strict";

/** @import { Knex } from "knex" */

const pg = require("pg");

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
const NO_CONNECTION = "KnexTimeoutError";

const NUMERIC = 1700;
const TIMESTAMPTZ = 1184;
const usual = /** @type {(type: number) => unknown} */ (pg.types.getTypeParser);
/** These two stay text, whatever the application has set for its own. */
const TYPES = {
  /** @param {number} type */
  getTypeParser: (type) =>
    type === NUMERIC || type === TIMESTAMPTZ ? String : usual(type),
};

/**
 * The names of statements: each connection parses and plans them but once.
 *
 * @type {Map<string, string>}
 */
const names = new Map();
const MOST_NAMES = 100;

/**
 * @param {string} sql
 * @returns {string | undefined}
 */
function nameOf(sql) {
  if (names.size < MOST_NAMES && !names.has(sql)) {
    names.set(sql, `kryptogo_${String(names.size)}`);
  }
  return names.get(sql);
}

/**
 * The rows of a statement, and how many it changed.
 *
 * @param {Db} db
 * @param {string} sql
 * @param {readonly Value[]} values
 * @returns {Promise<{ rows: Row[]; changed: number }>}
 */
async function run(db, sql, values) {
  /** @type {pg.QueryResult<Row>} */
  const { rows, rowCount } = await db
    .raw(sql, values)
    .options({ types: TYPES, name: nameOf(sql) });
  return { rows, changed: rowCount ?? 0 };
}

/**
 * What `work` gives, committed. `alone`: of two that miss what the other
 * writes, one is tried again.
 *
 * @template T
 * @param {Db} db
 * @param {(tx: Tx) => Promise<T>} work
 * @param {boolean} alone
 * @returns {Promise<T>}
 */
function begin(db, work, alone) {
  return db.transaction(work, alone ? { isolationLevel: "serializable" } : {});
}

/**
 * Has `refuse` called by what would end the transaction, until what this gives
 * is called.
 *
 * @param {Tx} tx
 * @param {() => never} refuse
 * @returns {() => void}
 */
function forbidEnd(tx, refuse) {
  const commit = tx.commit.bind(tx);
  const rollback = tx.rollback.bind(tx);
  tx.commit = tx.rollback = refuse;
  return () => {
    Object.assign(tx, { commit, rollback });
  };
}

module.exports = { NO_CONNECTION, run, begin, forbidEnd };
