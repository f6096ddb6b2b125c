// kgscaffold:id=module/config
/** Where the payments meet this application. Secrets are in the environment,
 * see .env.example. */
import { knex } from "../db.js";
import { findOrder } from "../orders.js";
import { handlers } from "./handlers/index.js";

export const ROUTE = "/api/payment/callback";
export const ORDER_DATA_KEY = "order_id";

export const parts = { db: knex, findOrder, handlers };
