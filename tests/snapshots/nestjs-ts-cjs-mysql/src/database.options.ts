// kgscaffold:id=app/db
/** The database of the shop. */
import {
  createPool,
  type Pool,
  type PoolConnection,
  type PoolOptions,
} from "mysql2";
import type { DataSourceOptions } from "typeorm";
import { Order } from "./orders/order.entity";

const EXAMPLE = "mysql://localhost/shop";
const CONNECT_MS = 5000;
/** The longest wait for a row or a table: more than the 30 s of a handler. */
const LOCK_SECONDS = 35;

function given(): string {
  return process.env["DATABASE_URL"] || EXAMPLE;
}

function isUsable(): boolean {
  return /^(mysql|mariadb):\/\//.test(given()) && URL.canParse(given());
}

/** DATABASE_URL. Throws where it is not usable. */
export function databaseUrl(): URL {
  if (!isUsable()) {
    throw new Error(
      `DATABASE_URL is no MySQL URL. Set it to one like ${EXAMPLE}`,
    );
  }
  return new URL(given());
}

/** mysql2, whose connections begin with settings of their own. */
const driver = {
  createPool(options: PoolOptions): Pool {
    const seconds = String(LOCK_SECONDS);
    const settings = [
      // Fewer deadlocks than at the server's usual level: a statement locks the
      // rows that it finds, and no places between them.
      "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
      `SET innodb_lock_wait_timeout = ${seconds}, lock_wait_timeout = ${seconds}`,
    ];
    const pool = createPool(options);
    pool.on("connection", (connection) => {
      for (const setting of settings) {
        connection.query(setting, (error) => {
          if (error) connection.destroy();
        });
      }
    });
    return bounded(pool);
  },
};

type Give = (error: Error | null, connection?: PoolConnection) => void;

/** The pool, which of itself lets whoever asks wait for ever while no
 * connection is free. */
function bounded(pool: Pool): Pool {
  const ask = pool.getConnection.bind(pool);
  const getConnection = (give: Give): void => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      const error = new Error("no connection became free in time");
      give(Object.assign(error, { code: "ETIMEDOUT" }));
    }, CONNECT_MS);
    ask((error, connection) => {
      clearTimeout(timer);
      if (!isLate) give(error, connection);
      else if (!error) connection.release();
    });
  };
  return Object.assign(pool, { getConnection });
}

/** How to connect, and what is there. */
export function databaseOptions(): DataSourceOptions {
  const url = isUsable() ? databaseUrl() : new URL(EXAMPLE);
  const socketPath = url.searchParams.get("unix_socket");
  return {
    type: "mysql",
    driver,
    host: url.hostname,
    port: Number(url.port || 3306),
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
    ...(socketPath && { socketPath }),
    entities: [Order],
    migrations: ["dist/migrations/*.js"],
    charset: "utf8mb4",
    timezone: "Z",
    supportBigNumbers: true,
    poolSize: 20,
    connectTimeout: CONNECT_MS,
  };
}
