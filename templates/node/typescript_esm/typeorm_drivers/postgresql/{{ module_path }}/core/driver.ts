// kgscaffold:id=core/driver
// How a statement reaches PostgreSQL through TypeORM, and what a transaction needs
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

/** The statements as pg takes them: their places are numbered. */
const numbered = new Map<string, string>();

function asNumbered(sql: string): string {
  let text = numbered.get(sql);
  if (text === undefined) {
    let place = 0;
    text = sql.replaceAll("?", () => `$${String(++place)}`);
    numbered.set(sql, text);
  }
  return text;
}

/** The rows of a statement, and how many it changed. */
export async function run(
  db: Db,
  sql: string,
  values: readonly Value[],
): Promise<{ rows: Row[]; changed: number }> {
  const result = await query(db, asNumbered(sql), [...values]);
  return { rows: result.records, changed: result.affected ?? 0 };
}

/** What `work` gives, committed. `alone`: of two that miss what the other
 * writes, one is tried again. */
export function begin<T>(
  db: Db,
  work: (tx: Tx) => Promise<T>,
  alone: boolean,
): Promise<T> {
  return db.transaction(alone ? "SERIALIZABLE" : "READ COMMITTED", work);
}
