// kgscaffold:id=core/runner
// One statement through TypeORM, or a transaction.
import { type DataSource, EntityManager, type QueryRunner } from "typeorm";

/** The project's own connections; a transaction may stand in their place. */
export type Db = DataSource | EntityManager;
/** What a handler is given: TypeORM, inside the transaction that settles the
 * payment. */
export type Tx = EntityManager;
export type Value = string | number | boolean | Date | null;
export type Row = Record<string, unknown>;

/** What TypeORM's error is called that there is no connection. */
export const NO_CONNECTION = "CannotExecuteNotConnectedError";

/** The connection of a transaction; undefined outside of any. */
export function ofTransaction(db: Db): QueryRunner | undefined {
  return db instanceof EntityManager ? db.queryRunner : undefined;
}

/** What a statement gives: its rows, and how many it changed. */
export async function query(
  db: Db,
  sql: string,
  values: unknown[],
): Promise<{ rows: Row[]; changed: number }> {
  const own = ofTransaction(db);
  const runner = own ?? (await connected(db)).createQueryRunner();
  try {
    const { records, affected } = await runner.query(sql, values, true);
    return { rows: records as Row[], changed: affected ?? records.length };
  } finally {
    if (!own) await runner.release();
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
  const source = db instanceof EntityManager ? db.dataSource : db;
  return source.isInitialized ? source : source.initialize();
}
