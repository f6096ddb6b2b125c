// kgscaffold:id=app/db
/** The database of the shop. */

/** @import { Knex } from "knex" */

import createKnex from "knex";

const EXAMPLE = "postgresql://localhost/shop";
const CONNECT_MS = 5000;
/** The longest wait for a statement, or the lock it needs: more than the 30 s
 * of a handler. */
const STATEMENT_MS = 35_000;

/**
 * DATABASE_URL. Throws where it is not usable.
 *
 * @returns {string}
 */
function databaseUrl() {
  const url = process.env["DATABASE_URL"] || EXAMPLE;
  if (!/^postgres(ql)?:\/\//.test(url) || !URL.canParse(url)) {
    throw new Error(
      `DATABASE_URL is no PostgreSQL URL. Set it to one like ${EXAMPLE}`,
    );
  }
  return url;
}

/** @type {Knex.Config} */
export const config = {
  client: "pg",
  // Asked for when the first connection is made: a wrong URL is told at the
  // start.
  connection: () => ({
    connectionString: databaseUrl(),
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: STATEMENT_MS + CONNECT_MS,
    keepAlive: true,
  }),
  acquireConnectionTimeout: CONNECT_MS,
  pool: { min: 0, max: 20 },
  // Whoever asks for a connection is told why there is none.
  log: { warn: () => undefined },
};

export const knex = createKnex(config);
