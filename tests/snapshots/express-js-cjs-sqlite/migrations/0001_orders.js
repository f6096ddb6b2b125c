// kgscaffold:id=migrations/0001_orders
"use strict";

/** The orders of the shop. */

/** @import { Knex } from "knex" */

/** @param {Knex} knex */
async function up(knex) {
  await knex.schema.createTable("orders", (table) => {
    table.string("id", 32).primary();
    table.string("status", 16).notNullable();
    table.string("amount", 32).notNullable();
    table.string("currency", 3).notNullable();
    table.string("payment_tx_hash", 128);
    table.string("refund_tx_hash", 128);
    table.string("refund_amount", 64);
    table.timestamp("created_at", { precision: 6 }).notNullable();
  });
}

/** @param {Knex} knex */
async function down(knex) {
  await knex.schema.dropTable("orders");
}

module.exports = { up, down };
