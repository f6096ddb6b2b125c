// kgscaffold:id=core/driver
// How a statement reaches PostgreSQL through TypeORM, and a transaction there.
import {
  type Db,
  inTransaction,
  query,
  type Row,
  type Tx,
  type Value,
} from "./runner.js";

export {
  type Db,
  forbidEnd,
  NO_CONNECTION,
  type Row,
  type Tx,
  type Value,
} from "./runner.js";

/** The statements as pg takes them: their places are numbered. */
const numbered = new Map<string, string>();
const MOST_KEPT = 100;

function asNumbered(sql: string): string {
  const known = numbered.get(sql);
  if (known !== undefined) return known;
  let place = 0;
  const text = sql.replaceAll("?", () => `$${String(++place)}`);
  if (numbered.size < MOST_KEPT) numbered.set(sql, text);
  return text;
}

/** The rows of a statement, and how many it changed. */
export function run(
  db: Db,
  sql: string,
  values: readonly Value[],
): Promise<{ rows: Row[]; changed: number }> {
  return query(db, asNumbered(sql), [...values]);
}

/** What `work` gives, committed. `alone`: of two that miss what the other
 * writes, one is tried again. */
export function begin<T>(
  db: Db,
  work: (tx: Tx) => Promise<T>,
  alone: boolean,
): Promise<T> {
  return inTransaction(db, work, alone ? "SERIALIZABLE" : "READ COMMITTED");
}
