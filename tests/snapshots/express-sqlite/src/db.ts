// kgscaffold:id=app/db
/** The database of the shop. */
import createKnex, { type Knex } from "knex";

const EXAMPLE = "sqlite:./shop.db";

/** The file that a URL such as sqlite:./shop.db names, or null. */
function fileOf(url: string): string | null {
  const path = /^sqlite:(?:\/\/(?=\/))?([^/].*|\/[^/].*)$/.exec(url);
  return path?.[1] ?? null;
}

const filename = fileOf(process.env["DATABASE_URL"] || EXAMPLE);

interface Connection {
  pragma(setting: string): unknown;
}

/** Told by the first connection, and so at the start, with all other faults. */
function configure(
  connection: Connection,
  done: (error: Error | null, connection: Connection) => void,
): void {
  if (filename === null) {
    const advice = `Set it to one like ${EXAMPLE}`;
    done(new Error(`DATABASE_URL is no SQLite URL. ${advice}`), connection);
    return;
  }
  // Readers beside the one writer, commits that survive a power cut, and a
  // short wait for other writers: the whole process stands still meanwhile.
  // Write by `transaction`, as orders.ts does, which waits its turn.
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

export const config: Knex.Config = {
  client: "better-sqlite3",
  connection: { filename: filename ?? ":memory:" },
  useNullAsDefault: true,
  acquireConnectionTimeout: 5000,
  pool: { min: 0, max: 5, afterCreate: configure },
  // Whoever asks for a connection is told why there is none.
  log: { warn: () => undefined },
};

export const knex = createKnex(config);
