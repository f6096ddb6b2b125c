// kgscaffold:id=core/dialect
// What is SQLite's own: its statements, types and errors, and its one writer
// at a time. Times are kept as milliseconds since 1970.
"use strict";

/** @import { Db, Row, Value } from "./driver" */

const { setTimeout: sleep } = require("node:timers/promises");
const { run } = require("./driver");

/**
 * @typedef {(
 *   db: Db,
 *   update: Statement,
 *   columns: string,
 *   find: Statement,
 * ) => Promise<Row[]>} ChangedRows
 */

/** @typedef {readonly [sql: string, values: readonly Value[]]} Statement */

/** The end of a SELECT that locks its rows: here the one writer has them. */
const FOR_UPDATE = "";

/** For how long an acknowledgement or a claim is tried again. */
const PATIENCE_SECONDS = 0.5;

/** The longest wait for a turn, and then for the writer of another process. */
const TURN_SECONDS = 5;

/**
 * Whether a statement that failed so may well succeed the next time.
 *
 * @param {unknown} error
 * @returns {boolean}
 */
function passes(error) {
  if (!(error instanceof Error && "code" in error)) return false;
  return /^SQLITE_(BUSY|LOCKED)/.test(String(error.code));
}

/** Work, one after the other, first come, first served. */
class Line {
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();

  /**
   * What `work` gives, when it is its turn. Raises where that comes too late.
   *
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  async held(work) {
    const before = this.#last;
    /** @returns {void} */
    let end = () => undefined;
    this.#last = /** @type {Promise<void>} */ (
      new Promise((resolve) => {
        end = resolve;
      })
    );
    const late = new AbortController();
    const { signal } = late;
    const isLate = await Promise.race([
      before.then(() => false),
      sleep(1000 * TURN_SECONDS, true, { signal }).catch(() => true),
    ]);
    late.abort();
    if (isLate) {
      void before.then(end);
      throw Object.assign(
        new Error(`other writers took over ${String(TURN_SECONDS)} s`),
        { code: "SQLITE_BUSY" },
      );
    }
    try {
      return await work();
    } finally {
      end();
    }
  }
}

const line = new Line();
const place = new Line();

/**
 * Does the writes of this process one after another: left to poll for SQLite's
 * lock, they starve one another. Acknowledgements (`urgent`) stand in `line`.
 * All others first wait for the one place among them, so that at most one is
 * ahead of an acknowledgement, and none waits for ever.
 *
 * @template T
 * @param {() => Promise<T>} work
 * @param {boolean} urgent
 * @returns {Promise<T>}
 */
function inTurn(work, urgent) {
  const alone = () => line.held(() => patiently(work));
  return urgent ? alone() : place.held(alone);
}

/**
 * What `work` gives when no other process writes. SQLite itself would stop the
 * whole process while it waits.
 *
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
async function patiently(work) {
  const giveUp = performance.now() + 1000 * TURN_SECONDS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!passes(error) || performance.now() > giveUp) throw error;
    }
    await sleep(5 + 20 * Math.random());
  }
}

/**
 * The end of an INSERT that changes nothing where its key is taken.
 *
 * @type {(time: string) => string}
 */
const unlessTaken = () => "ON CONFLICT DO NOTHING";

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
 * @param {Db} db
 * @param {readonly [string, string, string]} key
 * @param {readonly [string, string]} options
 * @param {Date} at
 * @param {boolean} keepUnregistered
 * @returns {Promise<unknown>}
 */
async function accept(db, key, [claimed, payload], at, keepUnregistered) {
  const values = [...key, claimed, payload, at, at, at, key[1]];
  const { rows } = await run(db, ACCEPT, [...values, keepUnregistered]);
  return rows[0]?.["state"] ?? null;
}

/**
 * The rows that an update changed: `find` is for databases that give none.
 *
 * @type {ChangedRows}
 */
const changedRows = async (db, [sql, values], columns) =>
  (await run(db, `${sql} RETURNING ${columns}`, values)).rows;

/** The names of a table's columns. */
const COLUMNS_OF = "SELECT name FROM pragma_table_info(?)";

/**
 * What a person must mend about the server and the tables.
 *
 * @type {(db: Db) => Promise<string[]>}
 */
const faults = () => Promise.resolve([]);

module.exports = {
  FOR_UPDATE,
  PATIENCE_SECONDS,
  passes,
  inTurn,
  unlessTaken,
  accept,
  changedRows,
  COLUMNS_OF,
  faults,
};
