// kgscaffold:id=app/database
/** The connections of the application, which waits for a database that is
 * away. */
import { setTimeout as sleep } from "node:timers/promises";
import { Module } from "@nestjs/common";
import { TypeOrmModule } from "@nestjs/typeorm";
import type { DataSourceOptions } from "typeorm";
import { Database } from "./data-source.js";
import { databaseOptions } from "./database.options.js";

const AGAIN_MS = 1000;

/** Connected at once, or as soon as the database is there. */
async function connected(options?: DataSourceOptions): Promise<Database> {
  const database = new Database(options);
  if (!(await isThere(database))) void connectLater(database);
  return database;
}

async function connectLater(database: Database): Promise<void> {
  do {
    await sleep(AGAIN_MS, null, { ref: false });
  } while (!(await isThere(database)));
}

/** Whoever asks it for something is told why it is not. */
async function isThere(database: Database): Promise<boolean> {
  return database.initialize().then(
    () => true,
    () => false,
  );
}

@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      useFactory: () => ({ ...databaseOptions(), manualInitialization: true }),
      dataSourceFactory: connected,
    }),
  ],
})
export class DatabaseModule {}
