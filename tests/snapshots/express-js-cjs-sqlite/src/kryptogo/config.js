// kgscaffold:id=module/config
"use strict";

/** Where the payments meet this application. Secrets are in the environment,
 * see .env.example. */
const { knex } = require("../db");
const { findOrder } = require("../orders");
const { handlers } = require("./handlers");

const ROUTE = "/api/payment/callback";
const ORDER_DATA_KEY = "order_id";

const parts = { db: knex, findOrder, handlers };

module.exports = { ROUTE, ORDER_DATA_KEY, parts };
