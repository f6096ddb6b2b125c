/** The table of the handlers' effects. */
import { type MigrationInterface, type QueryRunner, Table } from "typeorm";

const text = (name: string, length: string, isNullable = false) => ({
  name,
  type: "varchar",
  length,
  isNullable,
});

export class Effects9000000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: "effects",
        columns: [
          {
            name: "id",
            type: "integer",
            isPrimary: true,
            isGenerated: true,
            generationStrategy: "increment",
          },
          text("payment_intent_id", "64"),
          text("status", "32"),
          text("key", "128"),
          text("order_id", "64"),
          text("from_status", "32", true),
          text("claimed_status", "64", true),
          { name: "late", type: "boolean" },
          { name: "skipped", type: "boolean" },
          { name: "order_already_paid", type: "boolean" },
        ],
        indices: [{ columnNames: ["payment_intent_id"] }],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable("effects");
  }
}
