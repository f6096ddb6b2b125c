// kgscaffold:id=core/context
"use strict";

/** What the module works with. Nothing in `core` is global: it is given this. */

/**
 * @import { Connection } from "./database"
 * @import { Handlers } from "./model"
 * @import { Settings } from "./settings"
 * @import { Store } from "./store"
 */

const { readSettings } = require("./settings");
const { createStore } = require("./store");

/**
 * Any logger that takes a line: `console`, pino, NestJS's.
 *
 * @typedef {object} Log
 * @property {(line: string) => void} info
 * @property {(line: string) => void} warn
 * @property {(line: string) => void} error
 */

/**
 * An order as the application keeps it.
 *
 * @typedef {Record<string, unknown>} Order
 */

/**
 * @typedef {object} Options
 * @property {Connection} database - The application's own pool.
 * @property {Handlers} handlers
 * @property {(orderId: string) => Promise<Order | null>} findOrder
 * @property {string} route - Where callbacks are taken.
 * @property {string} orderDataKey - The key of the order's id in `order_data`.
 * @property {Log} [log]
 */

/**
 * - `settings`: The settings of this process. Throws ConfigurationError.
 *
 * @typedef {Options & { store: Store; log: Log; settings(): Settings }} Context
 */

module.exports = {};
