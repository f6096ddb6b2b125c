// kgscaffold:id=core/driver
// How a statement reaches PostgreSQL through TypeORM, and a transaction there.
import pg from "pg";
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

const NUMERIC = 1700;
const TIMESTAMPTZ = 1184;
const usual = pg.types.getTypeParser as (type: number) => unknown;
/** These two stay text, whatever the application has set for its own. */
const types = {
  getTypeParser: (type: number) =>
    type === NUMERIC || type === TIMESTAMPTZ ? String : usual(type),
};

interface Statement {
  text: string;
  /** Each connection parses and plans what has a name but once. */
  name?: string;
}

const statements = new Map<string, Statement>();
const MOST_NAMES = 100;

/** The statement as pg takes it: its places are numbered. */
function statementOf(sql: string): Statement {
  const known = statements.get(sql);
  if (known) return known;
  let place = 0;
  const text = sql.replaceAll("?", () => `$${String(++place)}`);
  if (statements.size >= MOST_NAMES) return { text };
  const named = { text, name: `kryptogo_${String(statements.size)}` };
  statements.set(sql, named);
  return named;
}

/** The rows of a statement, and how many it changed. */
export function run(
  db: Db,
  sql: string,
  values: readonly Value[],
): Promise<{ rows: Row[]; changed: number }> {
  return onConnection(db, async (runner) => {
    const connection = (await runner.connect()) as pg.PoolClient;
    const statement = { ...statementOf(sql), values: [...values], types };
    const { rows, rowCount } = await connection.query<Row>(statement);
    return { rows, changed: rowCount ?? 0 };
  });
}

/** What `work` gives, committed. `alone`: of two that miss what the other
 * writes, one is tried again. */
export function begin<T>(
  db: Db,
  work: (tx: Tx) => Promise<T>,
  alone: boolean,
): Promise<T> {
  return inTransaction(db, work, alone ? "SERIALIZABLE" : "READ COMMITTED");
}
