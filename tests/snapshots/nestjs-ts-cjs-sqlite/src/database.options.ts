// kgscaffold:id=app/db
/** The database of the shop: SQLite, for development. TypeORM has one
 * connection to it, so what runs at the same time shares a transaction. */
import type { DataSourceOptions } from "typeorm";
import { Order } from "./orders/order.entity";

const EXAMPLE = "sqlite:./shop.db";
/** A short wait for other processes that write: the whole process stands still
 * meanwhile. */
const BUSY_MS = 50;

/** The file that a URL such as sqlite:./shop.db names, or null. */
function fileOf(url: string): string | null {
  const path = /^sqlite:(?:\/\/(?=\/))?([^/].*|\/[^/].*)$/.exec(url);
  return path?.[1] ?? null;
}

function given(): string | null {
  return fileOf(process.env["DATABASE_URL"] || EXAMPLE);
}

/** The file that DATABASE_URL names. Throws where it is not usable. */
export function databaseUrl(): string {
  const file = given();
  if (file === null) {
    throw new Error(
      `DATABASE_URL is no SQLite URL. Set it to one like ${EXAMPLE}`,
    );
  }
  return file;
}

interface Connection {
  pragma(setting: string): unknown;
}

/** How to connect, and what is there. */
export function databaseOptions(): DataSourceOptions {
  return {
    type: "better-sqlite3",
    database: given() ?? ":memory:",
    entities: [Order],
    migrations: ["dist/migrations/*.js"],
    timeout: BUSY_MS,
    // Readers beside the one writer, commits that survive a power cut.
    prepareDatabase(connection: Connection) {
      connection.pragma("journal_mode=WAL");
      connection.pragma("synchronous=FULL");
    },
  };
}
