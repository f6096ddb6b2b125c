// kgscaffold:id=app/db
/** The database of the shop. */
import type { DataSourceOptions } from "typeorm";
import { Order } from "./orders/order.entity";

const EXAMPLE = "postgresql://localhost/shop";
const CONNECT_MS = 5000;
/** The longest wait for a statement, or the lock it needs: more than the 30 s
 * of a handler. */
const STATEMENT_MS = 35_000;

function given(): string {
  return process.env["DATABASE_URL"] || EXAMPLE;
}

/** DATABASE_URL. Throws where it is not usable. */
export function databaseUrl(): string {
  if (!/^postgres(ql)?:\/\//.test(given()) || !URL.canParse(given())) {
    throw new Error(
      `DATABASE_URL is no PostgreSQL URL. Set it to one like ${EXAMPLE}`,
    );
  }
  return given();
}

/** How to connect, and what is there. */
export function databaseOptions(): DataSourceOptions {
  return {
    type: "postgres",
    entities: [Order],
    migrations: ["dist/migrations/*.js"],
    poolSize: 20,
    connectTimeoutMS: CONNECT_MS,
    extra: {
      connectionString: given(),
      statement_timeout: STATEMENT_MS,
      query_timeout: STATEMENT_MS + CONNECT_MS,
      keepAlive: true,
    },
  };
}
