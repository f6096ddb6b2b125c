// kgscaffold:id=core/driver
// How a statement reaches SQLite through Knex, and what a transaction needs there.
import type { Knex } from "knex";

/** The pool of connections; a transaction may stand in its place. */
export type Db = Knex;
/** What a handler is given: Knex, inside the transaction that settles the
 * payment. */
export type Tx = Knex.Transaction;
export type Value = string | number | boolean | Date | null;
export type Row = Record<string, unknown>;

/** The name of the error that there was no connection in time. */
export const NO_CONNECTION = /^KnexTimeoutError$/;

/** The rows of a statement, and how many it changed. */
export async function run(
  db: Db,
  sql: string,
  values: readonly Value[],
): Promise<{ rows: Row[]; changed: number }> {
  const result = await db.raw<Row[] | { changes: number }>(sql, values);
  if (Array.isArray(result)) return { rows: result, changed: result.length };
  return { rows: [], changed: result.changes };
}

let lastInLine: Promise<unknown> = Promise.resolve();

/**
 * What `work` gives, committed. Our transactions of this process come one after
 * another. All share Knex's one connection, in turn: so at most one of them is
 * ahead of an acknowledgement, or of what your own code asks.
 */
export function begin<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  const done = lastInLine.then(() => db.transaction(work));
  lastInLine = done.catch(() => null);
  return done;
}
