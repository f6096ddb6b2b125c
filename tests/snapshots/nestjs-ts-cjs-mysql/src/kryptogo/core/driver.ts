// kgscaffold:id=core/driver
// How a statement reaches MySQL through TypeORM, and a transaction there.
import type { PoolConnection, ResultSetHeader, RowDataPacket } from "mysql2";
import {
  type Db,
  inTransaction,
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

interface Field {
  type: string;
  string(): string | null;
}

/** How values are read, whatever the application has set for its own: amounts
 * as text, times as the UTC that they are. */
const TYPES = {
  typeCast(field: Field, next: () => unknown): unknown {
    if (field.type === "NEWDECIMAL") return field.string();
    if (field.type !== "DATETIME") return next();
    return field.string()?.replace(/ (.*)/, "T$1Z") ?? null;
  },
};

/** The rows of a statement, and how many it changed. */
export function run(
  db: Db,
  sql: string,
  values: readonly Value[],
): Promise<{ rows: Row[]; changed: number }> {
  const bound = values.map((value) =>
    value instanceof Date ? value.toISOString().slice(0, -1) : value,
  );
  return onConnection(db, async (runner) => {
    const connection = (await runner.connect()) as PoolConnection;
    const [result] = await connection
      .promise()
      .query<RowDataPacket[] | ResultSetHeader>({ sql, ...TYPES }, bound);
    if (Array.isArray(result)) return { rows: result, changed: 0 };
    return { rows: [], changed: result.affectedRows };
  });
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
