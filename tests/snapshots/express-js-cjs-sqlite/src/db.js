// kgscaffold:id=app/db
"use strict";

/** The database of the shop. */

/** @import { Knex } from "knex" */

const createKnex = require("knex");

const EXAMPLE = "sqlite:./shop.db";

/**
 * The file that a URL such as sqlite:./shop.db names, or null.
 *
 * @param {string} url
 * @returns {string | null}
 */
function fileOf(url) {
  const path = /^sqlite:(?:\/\/(?=\/))?([^/].*|\/[^/].*)$/.exec(url);
  return path?.[1] ?? null;
}

const filename = fileOf(process.env["DATABASE_URL"] || EXAMPLE);

/**
 * @typedef {object} Connection
 * @property {(setting: string) => unknown} pragma
 */

/**
 * Told by the first connection, and so at the start, with all other faults.
 *
 * @param {Connection} connection
 * @param {(error: Error | null, connection: Connection) => void} done
 */
function configure(connection, done) {
  if (filename === null) {
    const advice = `Set it to one like ${EXAMPLE}`;
    done(new Error(`DATABASE_URL is no SQLite URL. ${advice}`), connection);
    return;
  }
  // Readers beside the one writer, commits that survive a power cut, and a
  // short wait for other writers: the whole process stands still meanwhile.
  // Write by `transaction`, as orders.js does, which waits its turn.
  for (const setting of [
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "busy_timeout=50",
  ]) {
    connection.pragma(setting);
  }
  done(null, connection);
}

/** @type {Knex.Config} */
const config = {
  client: "better-sqlite3",
  connection: { filename: filename ?? ":memory:" },
  useNullAsDefault: true,
  acquireConnectionTimeout: 5000,
  pool: { min: 0, max: 5, afterCreate: configure },
  // Whoever asks for a connection is told why there is none.
  log: { warn: () => undefined },
};

const knex = createKnex(config);

module.exports = { config, knex };
