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

/** Statements that end a transaction; none goes back to a savepoint. */
const ENDS = /^\s*(COMMIT|ROLLBACK(?!.*\bTO\b)|BEGIN|START)\b/i;

/** The connection of a transaction; undefined outside of any. */
export function ofTransaction(db: Db): QueryRunner | undefined {
  return db instanceof EntityManager ? db.queryRunner : undefined;
}

/** What `work` gives, on the connection of the transaction, or on another. */
export async function onConnection<T>(
  db: Db,
  work: (runner: QueryRunner) => Promise<T>,
): Promise<T> {
  const own = ofTransaction(db);
  if (own?.isReleased) throw new Error("the transaction has ended");
  const runner = own ?? (await connected(db)).createQueryRunner();
  try {
    return await work(runner);
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

/** Has `refuse` called by what would end the transaction, until what this gives
 * is called. One of TypeORM's within it is a savepoint, and may end. */
export function forbidEnd(tx: Tx, refuse: () => never): () => void {
  const runner = tx.queryRunner;
  if (!runner) throw new Error("a handler is called outside of a transaction");
  const query = runner.query.bind(runner);
  const guarded = (sql: string, ...rest: unknown[]): unknown =>
    ENDS.test(sql) ? refuse() : Reflect.apply(query, runner, [sql, ...rest]);
  Object.assign(runner, { query: guarded });
  return () => {
    Object.assign(runner, { query });
  };
}

/** The connections. Where there are none yet, the reason is thrown. */
async function connected(db: Db): Promise<DataSource> {
  const source = db instanceof EntityManager ? db.dataSource : db;
  return source.isInitialized ? source : source.initialize();
}
