// kgscaffold:id=core/driver
// How a statement reaches SQLite through TypeORM, and a transaction there.
import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Db,
  inTransaction,
  ofTransaction,
  onConnection,
  type Row,
  type Tx,
  type Value,
} from "./runner";

export {
  type Db,
  forbidEnd,
  NO_CONNECTION,
  type Row,
  type Tx,
  type Value,
} from "./runner";

/**
 * The rows of a statement, and how many it changed.
 *
 * TypeORM has one connection to SQLite, for all: what is asked outside of a
 * transaction waits for ours, or it would become a part of it.
 */
export function run(
  db: Db,
  sql: string,
  values: readonly Value[],
): Promise<{ rows: Row[]; changed: number }> {
  const bound = values.map((value) =>
    value instanceof Date ? value.getTime() : value,
  );
  const ask = () =>
    onConnection(db, async (runner) => {
      const { records, affected } = await runner.query(sql, bound, true);
      return { rows: records as Row[], changed: affected ?? records.length };
    });
  return ofTransaction(db) ? ask() : inTurn(ask);
}

/** What `work` gives, committed: the one writer is alone. */
export const begin: <T>(
  db: Db,
  work: (tx: Tx) => Promise<T>,
  alone: boolean,
) => Promise<T> = (db, work) => inTurn(() => inTransaction(db, work));

let lastInLine: Promise<unknown> = Promise.resolve();
const turn = new AsyncLocalStorage<boolean>();

/** Does what is asked by this module one after another; at once what a handler
 * asks, whose turn it is. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (turn.getStore()) return work();
  const done = lastInLine.then(() => turn.run(true, work));
  lastInLine = done.catch(() => null);
  return done;
}
