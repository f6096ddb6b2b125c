// kgscaffold:id=core/runner
// One statement through TypeORM, in a transaction or outside of any.
import type { DataSource, EntityManager, QueryResult } from "typeorm";

/** The project's own connections; a transaction may stand in their place. */
export type Db = DataSource | EntityManager;

/** Whether it is a transaction. */
export function isTransaction(db: Db): boolean {
  return "queryRunner" in db && db.queryRunner?.isTransactionActive === true;
}

/** What a statement gives: its rows, and how many it changed. */
export async function query(
  db: Db,
  sql: string,
  values: unknown[],
): Promise<QueryResult> {
  if ("queryRunner" in db && db.queryRunner) {
    return db.queryRunner.query(sql, values, true);
  }
  const runner = ("dataSource" in db ? db.dataSource : db).createQueryRunner();
  try {
    return await runner.query(sql, values, true);
  } finally {
    await runner.release();
  }
}
