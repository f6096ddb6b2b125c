// kgscaffold:id=core/database
// Transactions, and which of the database's errors pass by themselves.
import { setTimeout as sleep } from "node:timers/promises";
import type { Knex } from "knex";
import { inTurn, isolation, isTransient } from "./dialect";

/** The pool of connections; a transaction may stand in its place. */
export type Db = Knex;

/** What a handler is given: Knex, inside the transaction that settles the payment. */
export type Tx = Knex.Transaction;

export const RETRY_SECONDS = 45;

/** The error on one line; a database's without the statement and its values. */
export function reason(error: unknown): string {
  throw new Error(String(error));
}
/**
 * What `work` gives, committed; on a transient error all of it again, with jitter, for so many
 * seconds (`within`).
 *
 * Write first in it: one that reads before its first write can be lost or locked out.
 */
export function transaction<T>(
  db: Db,
  work: (tx: Tx) => Promise<T>,
  options: { within?: number; alone?: boolean } = {},
): Promise<T> {
  throw new Error();
}

/** The same for statements that need not be one transaction: each commits by itself. */
export function again<T>(work: () => Promise<T>, within: number): Promise<T> {
  throw new Error();
}
/**
 * What `work` gives. Raises TimeLimitError where it takes longer; `work` itself goes on.
 */
export function timeLimit<T>(seconds: number, work: Promise<T>): Promise<T> {
  throw new Error();
}
