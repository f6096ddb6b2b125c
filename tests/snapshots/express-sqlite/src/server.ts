// kgscaffold:id=app/run
/** Run the shop. PORT and HOST are honoured. */
import type { Server } from "node:http";

import { createApp } from "./app.js";
import { knex } from "./db.js";
import { ConfigurationError, payments } from "./kryptogo/index.js";

/** For so long a request that is under way may go on when the process is told
 * to end. */
const GRACE_MS = 30_000;

async function main(): Promise<void> {
  const port = process.env["PORT"] ?? "8000";
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) {
    throw new ConfigurationError(
      `PORT is '${port}'. Set it to a number up to 65535.`,
    );
  }
  await payments.start();
  const host = process.env["HOST"] ?? "127.0.0.1";
  const server = createApp().listen(Number(port), host, (error) => {
    if (error) fail(error);
    else console.error(`the shop listens on http://${host}:${port}`);
  });
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => void stop(server).catch(fail));
  }
}

/** Answer what is under way, finish the callbacks that are at work, and end. */
async function stop(server: Server): Promise<void> {
  setTimeout(() => {
    server.closeAllConnections();
  }, GRACE_MS).unref();
  const closed = new Promise((resolve) => server.close(resolve));
  await Promise.all([closed, payments.stop()]);
  await knex.destroy();
  // In a cluster, the channel to the primary process would keep it alive.
  process.exit();
}

/** What is wrong with the configuration is told without a stack. */
function fail(error: unknown): never {
  console.error(error instanceof ConfigurationError ? error.message : error);
  process.exit(1);
}

main().catch(fail);
