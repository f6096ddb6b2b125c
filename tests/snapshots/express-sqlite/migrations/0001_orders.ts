// kgscaffold:id=migrations/0001_orders
/** The orders of the shop. */
import type { Knex } from "knex";

export async function up(knex: Knex): Promise<void> {
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

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable("orders");
}
