// kgscaffold:id=core/driver
// How a statement reaches MySQL through Knex, and a transaction there.
import type { Knex } from "knex";
import type { ResultSetHeader } from "mysql2";

/** The pool of connections; a transaction may stand in its place. */
export type Db = Knex;
/** What a handler is given: Knex, inside the transaction that settles the
 * payment. */
export type Tx = Knex.Transaction;
export type Value = string | number | boolean | Date | null;
export type Row = Record<string, unknown>;

/** What the error is called that there was no connection in time. */
export const NO_CONNECTION = "KnexTimeoutError";

interface Field {
  type: string;
  string(): string | null;
}

/** How values are read, whatever the application has set for its own: amounts
 * as text, times as the UTC that they are. */
const TYPES = {
  typeCast(field: Field, next: () => unknown): unknown {
    if (field.type === "NEWDECIMAL") return field.string();
    if (field.type !== "DATETIME") return next();
    return field.string()?.replace(/ (.*)/, "T$1Z") ?? null;
  },
};

/** The rows of a statement, and how many it changed. */
export async function run(
  db: Db,
  sql: string,
  values: readonly Value[],
): Promise<{ rows: Row[]; changed: number }> {
  const bound = values.map((value) =>
    value instanceof Date ? value.toISOString().slice(0, -1) : value,
  );
  const [result] = await db
    .raw<(Row[] | ResultSetHeader)[]>(sql, bound)
    .options(TYPES);
  if (Array.isArray(result)) return { rows: result, changed: 0 };
  return { rows: [], changed: result?.affectedRows ?? 0 };
}

/**
 * What `work` gives, committed. At the server's usual level, REPEATABLE READ,
 * the lock of an order would hold its neighbours' places in the index too.
 * `alone`: of two that miss what the other writes, one is tried again.
 */
export function begin<T>(
  db: Db,
  work: (tx: Tx) => Promise<T>,
  alone: boolean,
): Promise<T> {
  const isolationLevel = alone ? "repeatable read" : "read committed";
  return db.transaction(work, { isolationLevel });
}

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
