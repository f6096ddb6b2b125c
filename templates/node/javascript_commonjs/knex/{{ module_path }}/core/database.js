// kgscaffold:id=core/database
// Transactions, and which of the database's errors pass by themselves.
"use strict";

/** @import { Knex } from "knex" */

const { setTimeout: sleep } = require("node:timers/promises");
const { inTurn, isolation, isTransient } = require("./dialect");

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

const RETRY_SECONDS = 45;

/**
 * The error on one line; a database's without the statement and its values.
 *
 * @param {unknown} error
 * @returns {string}
 */
function reason(error) {
  throw new Error(String(error));
}
/**
 * What `work` gives, committed; on a transient error all of it again, with
 * jitter, for so many seconds (`within`).
 *
 * Write first in it: one that reads before its first write can be lost or
 * locked out.
 *
 * @template T
 * @param {Db} db
 * @param {(tx: Tx) => Promise<T>} work
 * @param {object} [options]
 * @param {number} [options.within]
 * @param {boolean} [options.alone]
 * @returns {Promise<T>}
 */
function transaction(db, work, options = {}) {
  throw new Error();
}

/**
 * The same for statements that need not be one transaction: each commits by
 * itself.
 *
 * @template T
 * @param {() => Promise<T>} work
 * @param {number} within
 * @returns {Promise<T>}
 */
function again(work, within) {
  throw new Error();
}
/**
 * What `work` gives. Raises TimeLimitError where it takes longer; `work` itself
 * goes on.
 *
 * @template T
 * @param {number} seconds
 * @param {Promise<T>} work
 * @returns {Promise<T>}
 */
function timeLimit(seconds, work) {
  throw new Error();
}

module.exports = { RETRY_SECONDS, reason, transaction, again, timeLimit };
