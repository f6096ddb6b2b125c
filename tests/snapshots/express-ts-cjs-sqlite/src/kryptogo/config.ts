// kgscaffold:id=module/config
/** Where the payments meet this application. Secrets are in the environment,
 * see .env.example. */
import { knex } from "../db";
import { findOrder } from "../orders";
import { handlers } from "./handlers";

export const ROUTE = "/api/payment/callback";
export const ORDER_DATA_KEY = "order_id";

export const parts = { db: knex, findOrder, handlers };
