// kgscaffold:id=core/driver
// How a statement reaches SQLite through Knex, and a transaction there.
import type { Knex } from "knex";

/** The pool of connections; a transaction may stand in its place. */
export type Db = Knex;
/** What a handler is given: Knex, inside the transaction that settles the
 * payment. */
export type Tx = Knex.Transaction;
export type Value = string | number | boolean | Date | null;
export type Row = Record<string, unknown>;

/** What the error is called that there was no connection in time. */
export const NO_CONNECTION = "KnexTimeoutError";

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

/** What `work` gives, committed: the one writer is alone. */
export const begin: <T>(
  db: Db,
  work: (tx: Tx) => Promise<T>,
  alone: boolean,
) => Promise<T> = (db, work) => db.transaction(work);

/** Has `refuse` called by what would end the transaction, until what this gives
 * is called. */
export function forbidEnd(tx: Tx, refuse: () => never): () => void {
  const commit = tx.commit.bind(tx);
  const rollback = tx.rollback.bind(tx);
  tx.commit = tx.rollback = refuse;
  return () => {
    Object.assign(tx, { commit, rollback });
  };
}
