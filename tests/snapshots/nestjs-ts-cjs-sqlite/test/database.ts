// kgscaffold:id=tests/database
/** The database of the tests, as the migrations make it. */
import { join } from "node:path";
import { DataSource } from "typeorm";
import { databaseOptions } from "../src/database.options";

/** Run those that it has not had yet. */
export async function migrate(): Promise<void> {
  const migrations = [join(__dirname, "../src/migrations/*.ts")];
  const database = new DataSource({ ...databaseOptions(), migrations });
  await database.initialize();
  await database.runMigrations();
  await database.destroy();
}
