// kgscaffold:id=core/driver
// How a statement reaches MySQL through TypeORM, and a transaction there.
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

/** The rows of a statement, and how many it changed. */
export function run(
  db: Db,
  sql: string,
  values: readonly Value[],
): Promise<{ rows: Row[]; changed: number }> {
  const bound = values.map((value) =>
    value instanceof Date ? value.toISOString().slice(0, -1) : value,
  );
  return query(db, sql, bound);
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
  return inTransaction(db, work, alone ? "REPEATABLE READ" : "READ COMMITTED");
}
