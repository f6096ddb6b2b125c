// kgscaffold:id=tests/database
/** The database of the tests, as the migrations make it. */
import { readdir } from "node:fs/promises";
import { DataSource } from "typeorm";
import { databaseOptions } from "../src/database.options.js";

const MIGRATIONS = new URL("../src/migrations/", import.meta.url);

/** Run those that it has not had yet. */
export async function migrate(): Promise<void> {
  const names = (await readdir(MIGRATIONS)).sort();
  const modules = await Promise.all(
    names.map((name) => import(new URL(name, MIGRATIONS).href)),
  );
  const migrations = (modules as Record<string, new () => never>[]).flatMap(
    (module) => Object.values(module),
  );
  const database = new DataSource({ ...databaseOptions(), migrations });
  await database.initialize();
  await database.runMigrations();
  await database.destroy();
}
