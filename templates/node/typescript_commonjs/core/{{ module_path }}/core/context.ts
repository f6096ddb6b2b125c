// kgscaffold:id=core/context
/** What the module works with. Nothing in `core` is global: it is given this. */

import type { Connection } from "./database";
import type { Handlers } from "./model";
import { readSettings, type Settings } from "./settings";
import { createStore, type Store } from "./store";

/** Any logger that takes a line: `console`, pino, NestJS's. */
export interface Log {
  info(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}

/** An order as the application keeps it. */
export type Order = Record<string, unknown>;

export interface Options {
  /** The application's own pool. */
  database: Connection;
  handlers: Handlers;
  findOrder(orderId: string): Promise<Order | null>;
  /** Where callbacks are taken. */
  route: string;
  /** The key of the order's id in `order_data`. */
  orderDataKey: string;
  log?: Log;
}

export interface Context extends Options {
  store: Store;
  log: Log;
  /** The settings of this process. Throws ConfigurationError. */
  settings(): Settings;
}
