// kgscaffold:id=core/dialect
// What is MySQL's own, and MariaDB's: statements, types and errors. Its writers
// need not queue.
import { type Db, type Row, run, type Value } from "./driver";

export type Statement = readonly [sql: string, values: readonly Value[]];

/** The end of a SELECT that locks its rows. */
export const FOR_UPDATE = "FOR UPDATE";

/** For how long an acknowledgement or a claim is tried again. */
export const PATIENCE_SECONDS = 2;
const TAKEN = 1062;
const TRANSIENT = new Set([
  ...[1290, 1836], // read only: another server may take over
  1020, // another transaction changed the row since this one began
  1205, // waited too long for a lock
  1213, // deadlock
  1317, // interrupted
  3101, // refused by the other servers of the group
  ...[1040, 1203, 1226], // too many connections
  ...[1047, 1053, 1077, 1079, 1927, 4031], // the server ended the connection
]);
/** Whether a statement that failed so may well succeed the next time. */
export function passes(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const lost = "fatal" in error && error.fatal === true;
  return lost || TRANSIENT.has(numberOf(error));
}

function numberOf(error: unknown): number {
  const given = error instanceof Error && "errno" in error ? error.errno : 0;
  return Number(given);
}

/** Does a transaction at once: nobody queues. */
export const inTurn: <T>(
  work: () => Promise<T>,
  urgent: boolean,
) => Promise<T> = (work) => work();

/**
 * The end of an INSERT that, where its key is taken, leaves the row alone but
 * for a microsecond of `time`. It has changed one row where the row is new,
 * else two. Were nothing changed, it would be one as well: mysql2 lets the
 * server count what is found. INSERT IGNORE would cut what is too long, and one
 * that fails would leave a shared lock, in which two wait for each other.
 */
export function unlessTaken(time: string): string {
  return `ON DUPLICATE KEY UPDATE
    ${time} = TIMESTAMPADD(MICROSECOND, 1, ${time})`;
}

const REGISTERED =
  "SELECT 1 FROM kryptogo_payments WHERE payment_intent_id = ?";
const ACCEPT = `
  INSERT INTO kryptogo_callbacks
    (id, payment_intent_id, status, claimed_status, payload, deliveries,
     attempts, next_attempt_at, first_received_at, last_received_at, state)
  VALUES (?, ?, ?, ?, ?, 1, 0, ?, ?, ?, ?)`;

/**
 * Stores a new callback, for `store.accept`: its state, or null. `key`: its id,
 * intent, status. Looked up first: in one statement, the look would wait for
 * the payment's lock. There is no transaction, so an INSERT that fails leaves
 * no lock.
 */
export async function accept(
  db: Db,
  key: readonly [string, string, string],
  [claimed, payload]: readonly [string, string],
  at: Date,
  keepUnregistered: boolean,
): Promise<unknown> {
  const { rows } = await run(db, REGISTERED, [key[1]]);
  if (rows.length === 0 && !keepUnregistered) return null;
  const state = rows.length === 0 ? "unregistered" : "pending";
  try {
    await run(db, ACCEPT, [...key, claimed, payload, at, at, at, state]);
    return state;
  } catch (error) {
    if (numberOf(error) === TAKEN) return null;
    throw error;
  }
}

/** The rows that an update changed, which `find` finds: there is no
 * RETURNING. */
export async function changedRows(
  db: Db,
  update: Statement,
  _columns: string,
  find: Statement,
): Promise<Row[]> {
  await run(db, ...update);
  return (await run(db, ...find)).rows;
}

const INNODB = `
  SELECT 1 FROM information_schema.engines
  WHERE engine = 'InnoDB' AND support IN ('YES', 'DEFAULT')`;
const OURS = `table_schema = DATABASE() AND table_name IN
  ('kryptogo_payments', 'kryptogo_callbacks', 'kryptogo_payment_history')`;
const OTHER_ENGINE = `
  SELECT table_name AS name, engine AS found FROM information_schema.tables
  WHERE ${OURS} AND engine <> 'InnoDB'`;
const OTHER_COLLATION = `
  SELECT table_name AS name, min(collation_name) AS found
  FROM information_schema.columns
  WHERE ${OURS} AND collation_name NOT LIKE '%_bin' GROUP BY table_name`;

/** The names of a table's columns. */
export const COLUMNS_OF = `
  SELECT column_name AS name FROM information_schema.columns
  WHERE table_schema = DATABASE() AND table_name = ?`;

/** What a person must mend about the server and the tables. */
export async function faults(db: Db): Promise<string[]> {
  if ((await run(db, INNODB, [])).rows.length === 0) {
    return [
      "DATABASE_URL names a server without InnoDB. Start it with InnoDB, or" +
        " name another",
    ];
  }
  const engines = (await run(db, OTHER_ENGINE, [])).rows.map(
    ({ name, found }) =>
      `The table ${String(name)} in DATABASE_URL is kept by ${String(found)},` +
      ` without transactions. Mend it: ALTER TABLE ${String(name)}` +
      ` ENGINE = InnoDB`,
  );
  const collations = (await run(db, OTHER_COLLATION, [])).rows.map(
    ({ name, found }) =>
      `The table ${String(name)} in DATABASE_URL has the collation` +
      ` ${String(found)}, to which aB and Ab are one intent. Mend it:` +
      ` ALTER TABLE ${String(name)} CONVERT TO CHARACTER SET utf8mb4` +
      ` COLLATE utf8mb4_bin`,
  );
  return [...engines, ...collations];
}
