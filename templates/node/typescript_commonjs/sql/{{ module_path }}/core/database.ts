// kgscaffold:id=core/database
// Transactions, and which of the database's errors pass by themselves.
import { setTimeout as sleep } from "node:timers/promises";
import { inTurn, passes } from "./dialect";
import { begin, type Db, forbidEnd, NO_CONNECTION, type Tx } from "./driver";

export type { Db, Tx } from "./driver";

const RETRY_SECONDS = 45;
const LONGEST_WAIT_MS = 2000;
/** Node's names for the network's errors; those of MySQL begin with ER_. */
const NETWORK = /^E(?!R_)[A-Z]+$/;
/** Node's names for mistakes of the code that asked; those of a connection's
 * encryption are none. */
const MISTAKE = /^ERR_(?!SSL|TLS)/;

function codeOf(error: unknown): string | null {
  const given = error instanceof Error && "code" in error ? error.code : null;
  return typeof given === "string" && !MISTAKE.test(given) ? given : null;
}

/** Whether the same transaction may well succeed when it is tried again. */
export function isTransient(error: unknown): boolean {
  const noConnection = error instanceof Error && error.name === NO_CONNECTION;
  return noConnection || NETWORK.test(codeOf(error) ?? "") || passes(error);
}

/** Whether it is an error of the database, or an answer that did not come in
 * time, and not a mistake of the code that asked. */
export function isUnavailable(error: unknown): boolean {
  const isLate = error instanceof Error && error.name === "TimeoutError";
  return isLate || isTransient(error) || codeOf(error) !== null;
}

/** The error on one line; a database's without the statement and its values,
 * which Knex puts before a dash. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { name, message } = error;
  const told = isUnavailable(error) ? message.replace(/^.* - /s, "") : message;
  return `${name}: ${told || String(codeOf(error))}`.split("\n", 1).join("");
}

/**
 * What `work` gives, committed; on a transient error all of it again, with
 * jitter. `alone`: as if no other transaction ran meanwhile.
 *
 * Write first in it: one that reads before its first write can be lost or
 * locked out.
 */
export function transaction<T>(
  db: Db,
  work: (tx: Tx) => Promise<T>,
  { within = RETRY_SECONDS, alone = false } = {},
): Promise<T> {
  return again(() => begin(db, work, alone), within);
}

/** What `work` gives, which cannot end its transaction: half of a payment must
 * not be kept. */
export async function unended<T>(tx: Tx, work: () => Promise<T>): Promise<T> {
  const allow = forbidEnd(tx, () => {
    throw new Error(
      "a handler must not commit: its transaction is the payment's",
    );
  });
  try {
    return await work();
  } finally {
    allow();
  }
}

/** What `work` gives; on a transient error again, for so many seconds. For
 * statements that need no transaction; `urgent` for an acknowledgement. */
export async function again<T>(
  work: () => Promise<T>,
  within: number,
  urgent = false,
): Promise<T> {
  const giveUp = performance.now() + 1000 * within;
  for (let wait = 20; ; wait = Math.min(LONGEST_WAIT_MS, 2 * wait)) {
    try {
      return await inTurn(work, urgent);
    } catch (error) {
      if (!isTransient(error) || performance.now() > giveUp) throw error;
    }
    await sleep(Math.random() * wait);
  }
}

/** What `work` gives. Raises an Error where it takes longer; `work` itself goes
 * on, and nobody hears of it. */
export function timeLimit<T>(seconds: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const error = new Error(`it took over ${String(seconds)} s`);
      error.name = "TimeoutError";
      reject(error);
    }, 1000 * seconds);
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}
