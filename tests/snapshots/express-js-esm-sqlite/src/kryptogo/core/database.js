// kgscaffold:id=core/database
// Transactions, and which of the database's errors pass by themselves.

/** @import { Db, Tx } from "./driver.js" */

import { setTimeout as sleep } from "node:timers/promises";
import { inTurn, passes } from "./dialect.js";
import { begin, forbidEnd, NO_CONNECTION } from "./driver.js";

/**
 * @typedef {import("./driver.js").Db} Db
 * @typedef {import("./driver.js").Tx} Tx
 */

const RETRY_SECONDS = 45;
const LONGEST_WAIT_MS = 2000;
/** Node's names for the network's errors; those of MySQL begin with ER_. */
const NETWORK = /^E(?!R_)[A-Z]+$/;
/** Node's names for mistakes of the code that asked; those of a connection's
 * encryption are none. */
const MISTAKE = /^ERR_(?!SSL|TLS)/;

/**
 * @param {unknown} error
 * @returns {string | null}
 */
function codeOf(error) {
  const given = error instanceof Error && "code" in error ? error.code : null;
  return typeof given === "string" && !MISTAKE.test(given) ? given : null;
}

/**
 * Whether the same transaction may well succeed when it is tried again.
 *
 * @param {unknown} error
 * @returns {boolean}
 */
export function isTransient(error) {
  const noConnection = error instanceof Error && error.name === NO_CONNECTION;
  return noConnection || NETWORK.test(codeOf(error) ?? "") || passes(error);
}

/**
 * Whether it is an error of the database, or an answer that did not come in
 * time, and not a mistake of the code that asked.
 *
 * @param {unknown} error
 * @returns {boolean}
 */
export function isUnavailable(error) {
  const isLate = error instanceof Error && error.name === "TimeoutError";
  return isLate || isTransient(error) || codeOf(error) !== null;
}

/**
 * The error on one line; a database's without the statement and its values,
 * which Knex puts before a dash.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function reason(error) {
  if (!(error instanceof Error)) return String(error);
  const { name, message } = error;
  const told = isUnavailable(error) ? message.replace(/^.* - /s, "") : message;
  return `${name}: ${told || String(codeOf(error))}`.split("\n", 1).join("");
}

/**
 * What `work` gives, committed; on a transient error all of it again, with
 * jitter. `alone`: as if no other transaction ran meanwhile.
 *
 * Write first in it: one that reads before its first write can be lost or
 * locked out.
 *
 * @template T
 * @param {Db} db
 * @param {(tx: Tx) => Promise<T>} work
 * @returns {Promise<T>}
 */
export function transaction(
  db,
  work,
  { within = RETRY_SECONDS, alone = false } = {},
) {
  return again(() => begin(db, work, alone), within);
}

/**
 * What `work` gives, which cannot end its transaction: half of a payment must
 * not be kept.
 *
 * @template T
 * @param {Tx} tx
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function unended(tx, work) {
  const allow = forbidEnd(tx, () => {
    throw new Error(
      "a handler must not commit: its transaction is the payment's",
    );
  });
  try {
    return await work();
  } finally {
    allow();
  }
}

/**
 * What `work` gives; on a transient error again, for so many seconds. For
 * statements that need no transaction; `urgent` for an acknowledgement.
 *
 * @template T
 * @param {() => Promise<T>} work
 * @param {number} within
 * @param {boolean} [urgent]
 * @returns {Promise<T>}
 */
export async function again(work, within, urgent = false) {
  const giveUp = performance.now() + 1000 * within;
  for (let wait = 20; ; wait = Math.min(LONGEST_WAIT_MS, 2 * wait)) {
    try {
      return await inTurn(work, urgent);
    } catch (error) {
      if (!isTransient(error) || performance.now() > giveUp) throw error;
    }
    await sleep(Math.random() * wait);
  }
}

/**
 * What `work` gives. Raises an Error where it takes longer; `work` itself goes
 * on, and nobody hears of it.
 *
 * @template T
 * @param {number} seconds
 * @param {Promise<T>} work
 * @returns {Promise<T>}
 */
export function timeLimit(seconds, work) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const error = new Error(`it took over ${String(seconds)} s`);
      error.name = "TimeoutError";
      reject(error);
    }, 1000 * seconds);
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}
