// kgscaffold:id=migrations/0001_orders
/** The orders of the shop. */
import { type MigrationInterface, type QueryRunner, Table } from "typeorm";

export class Orders1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.createTable(
      new Table({
        name: "orders",
        columns: [
          { name: "id", type: "varchar", length: "32", isPrimary: true },
          { name: "status", type: "varchar", length: "16" },
          { name: "amount", type: "varchar", length: "32" },
          { name: "currency", type: "varchar", length: "3" },
          {
            name: "payment_tx_hash",
            type: "varchar",
            length: "128",
            isNullable: true,
          },
          {
            name: "refund_tx_hash",
            type: "varchar",
            length: "128",
            isNullable: true,
          },
          {
            name: "refund_amount",
            type: "varchar",
            length: "64",
            isNullable: true,
          },
          { name: "created_at", type: "timestamptz" },
        ],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable("orders");
  }
}
