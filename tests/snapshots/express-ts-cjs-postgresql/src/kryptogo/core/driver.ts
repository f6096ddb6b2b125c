// kgscaffold:id=core/driver
// How a statement reaches PostgreSQL through Knex, and a transaction there.
import type { Knex } from "knex";
import pg from "pg";

/** The pool of connections; a transaction may stand in its place. */
export type Db = Knex;
/** What a handler is given: Knex, inside the transaction that settles the
 * payment. */
export type Tx = Knex.Transaction;
export type Value = string | number | boolean | Date | null;
export type Row = Record<string, unknown>;

/** What the error is called that there was no connection in time. */
export const NO_CONNECTION = "KnexTimeoutError";

const NUMERIC = 1700;
const TIMESTAMPTZ = 1184;
const usual = pg.types.getTypeParser as (type: number) => unknown;
/** These two stay text, whatever the application has set for its own. */
const TYPES = {
  getTypeParser: (type: number) =>
    type === NUMERIC || type === TIMESTAMPTZ ? String : usual(type),
};

/** The names of statements: each connection parses and plans them but once. */
const names = new Map<string, string>();
const MOST_NAMES = 100;

function nameOf(sql: string): string | undefined {
  if (names.size < MOST_NAMES && !names.has(sql)) {
    names.set(sql, `kryptogo_${String(names.size)}`);
  }
  return names.get(sql);
}

/** The rows of a statement, and how many it changed. */
export async function run(
  db: Db,
  sql: string,
  values: readonly Value[],
): Promise<{ rows: Row[]; changed: number }> {
  const { rows, rowCount } = await db
    .raw<pg.QueryResult<Row>>(sql, values)
    .options({ types: TYPES, name: nameOf(sql) });
  return { rows, changed: rowCount ?? 0 };
}

/** What `work` gives, committed. `alone`: of two that miss what the other
 * writes, one is tried again. */
export function begin<T>(
  db: Db,
  work: (tx: Tx) => Promise<T>,
  alone: boolean,
): Promise<T> {
  return db.transaction(work, alone ? { isolationLevel: "serializable" } : {});
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
