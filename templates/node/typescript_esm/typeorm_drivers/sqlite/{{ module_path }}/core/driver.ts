// kgscaffold:id=core/driver
// How a statement reaches SQLite through TypeORM, and what a transaction needs
// there.
import type { EntityManager } from "typeorm";
import { type Db, isTransaction, query } from "./runner.js";

export type { Db } from "./runner.js";
/** What a handler is given: TypeORM, inside the transaction that settles the
 * payment. */
export type Tx = EntityManager;
export type Value = string | number | boolean | Date | null;
export type Row = Record<string, unknown>;

/** The names of TypeORM's errors that there is no connection. */
export const NO_CONNECTION = /^(CannotExecuteNotConnected|ConnectionIsNotSet)Error$/;

/**
 * The rows of a statement, and how many it changed.
 *
 * TypeORM has one connection to SQLite, for all: what is asked outside of a
 * transaction waits for ours, or it would become a part of it.
 */
export async function run(
  db: Db,
  sql: string,
  values: readonly Value[],
): Promise<{ rows: Row[]; changed: number }> {
  const bound = values.map((value) =>
    value instanceof Date ? value.getTime() : value,
  );
  const ask = () => query(db, sql, bound);
  const { records, affected } = await (isTransaction(db) ? ask() : inTurn(ask));
  return { rows: records, changed: affected ?? records.length };
}

/** What `work` gives, committed. */
export function begin<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  return inTurn(() => db.transaction(work));
}

let lastInLine: Promise<unknown> = Promise.resolve();

/** Does what is asked by this module one after another. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = lastInLine.then(work);
  lastInLine = done.catch(() => null);
  return done;
}
