// kgscaffold:id=core/runner
// One statement through TypeORM, or a transaction.
import type { DataSource, EntityManager, QueryResult } from "typeorm";

/** The project's own connections; a transaction may stand in their place. */
export type Db = DataSource | EntityManager;
/** What a handler is given: TypeORM, inside the transaction that settles the
 * payment. */
export type Tx = EntityManager;
export type Value = string | number | boolean | Date | null;
export type Row = Record<string, unknown>;

/** What TypeORM's error is called that there is no connection. */
export const NO_CONNECTION = "CannotExecuteNotConnectedError";

/** What a statement gives: its rows, and how many it changed. */
export async function query(
  db: Db,
  sql: string,
  values: unknown[],
): Promise<QueryResult> {
  if ("queryRunner" in db && db.queryRunner) {
    return db.queryRunner.query(sql, values, true);
  }
  const runner = (await connected(db)).createQueryRunner();
  try {
    return await runner.query(sql, values, true);
  } finally {
    await runner.release();
  }
}

/** What `work` gives, committed. */
export async function inTransaction<T>(
  db: Db,
  work: (tx: Tx) => Promise<T>,
  level?: "READ COMMITTED" | "REPEATABLE READ" | "SERIALIZABLE",
): Promise<T> {
  const { manager } = await connected(db);
  return level ? manager.transaction(level, work) : manager.transaction(work);
}

/** The connections. Where there are none yet, the reason is thrown. */
async function connected(db: Db): Promise<DataSource> {
  const source = "dataSource" in db ? db.dataSource : db;
  return source.isInitialized ? source : source.initialize();
}
