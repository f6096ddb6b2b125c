/** The table of the handlers' effects. */
import type { Knex } from "knex";

export async function up(knex: Knex): Promise<void> {
  await knex.schema.createTable("effects", (table) => {
    table.increments("id");
    table.string("payment_intent_id", 64).notNullable().index();
    table.string("status", 32).notNullable();
    table.string("key", 128).notNullable();
    table.string("order_id", 64).notNullable();
    table.string("from_status", 32);
    table.string("claimed_status", 64);
    table.boolean("late").notNullable();
    table.boolean("skipped").notNullable();
    table.boolean("order_already_paid").notNullable();
  });
}

export async function down(knex: Knex): Promise<void> {
  await knex.schema.dropTable("effects");
}
