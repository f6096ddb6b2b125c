// kgscaffold:id=core/driver
// How a statement reaches MySQL through TypeORM, and what a transaction needs
// there.
import type { EntityManager } from "typeorm";
import { type Db, query } from "./runner.js";

export type { Db } from "./runner.js";
/** What a handler is given: TypeORM, inside the transaction that settles the
 * payment. */
export type Tx = EntityManager;
export type Value = string | number | boolean | Date | null;
export type Row = Record<string, unknown>;

/** The names of TypeORM's errors that there is no connection. */
export const NO_CONNECTION = /^(CannotExecuteNotConnected|ConnectionIsNotSet)Error$/;

/** The rows of a statement, and how many it changed. */
export async function run(
  db: Db,
  sql: string,
  values: readonly Value[],
): Promise<{ rows: Row[]; changed: number }> {
  const bound = values.map((value) =>
    value instanceof Date ? value.toISOString().slice(0, -1) : value,
  );
  const { records, affected } = await query(db, sql, bound);
  return { rows: records, changed: affected ?? 0 };
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
  return db.transaction(alone ? "REPEATABLE READ" : "READ COMMITTED", work);
}
