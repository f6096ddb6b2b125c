// kgscaffold:id=app/db
"use strict";

/** The database of the shop. */

/** @import { Knex } from "knex" */

const createKnex = require("knex");

const EXAMPLE = "mysql://localhost/shop";
const CONNECT_MS = 5000;
/** The longest wait for a row or a table: more than the 30 s of a handler. */
const LOCK_SECONDS = 35;

/**
 * DATABASE_URL, in the parts that the driver takes. Throws where it is not
 * usable.
 *
 * @returns {Knex.MySql2ConnectionConfig}
 */
function connection() {
  const given = process.env["DATABASE_URL"] || EXAMPLE;
  if (!/^(mysql|mariadb):\/\//.test(given) || !URL.canParse(given)) {
    throw new Error(
      `DATABASE_URL is no MySQL URL. Set it to one like ${EXAMPLE}`,
    );
  }
  const url = new URL(given);
  const socketPath = url.searchParams.get("unix_socket");
  return {
    host: url.hostname,
    port: Number(url.port || 3306),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
    charset: "utf8mb4",
    timezone: "Z",
    connectTimeout: CONNECT_MS,
    ...(socketPath && { socketPath }),
  };
}

/**
 * @typedef {object} Connection
 * @property {(
 *   statement: string,
 *   done: (error?: unknown) => void,
 * ) => void} query
 */

/** @type {Knex.Config} */
const config = {
  client: "mysql2",
  // Asked for when the first connection is made: a wrong URL is told at the
  // start.
  connection,
  acquireConnectionTimeout: CONNECT_MS,
  pool: {
    min: 0,
    max: 20,
    /**
     * @param {Connection} own
     * @param {(error?: unknown) => void} done
     */
    afterCreate(own, done) {
      const seconds = String(LOCK_SECONDS);
      // Fewer deadlocks than at the server's usual level: a statement locks the
      // rows that it finds, and no places between them.
      own.query(
        "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
        (error) => {
          if (error) {
            done(error);
            return;
          }
          own.query(
            `SET innodb_lock_wait_timeout = ${seconds}, lock_wait_timeout = ${seconds}`,
            done,
          );
        },
      );
    },
  },
  // Whoever asks for a connection is told why there is none.
  log: { warn: () => undefined },
};

const knex = createKnex(config);

module.exports = { config, knex };
