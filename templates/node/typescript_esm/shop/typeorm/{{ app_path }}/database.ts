// kgscaffold:id=app/database
/** The connections of the application, which waits for a database that is away. */
import { setTimeout as sleep } from "node:timers/promises";
import { Module } from "@nestjs/common";
import { TypeOrmModule } from "@nestjs/typeorm";
import type { DataSource } from "typeorm";
import { dataSource, options } from "./data-source.js";

const AGAIN_MS = 1000;

/** Connected at once, or as soon as the database is there. */
async function connected(): Promise<DataSource> {
  await connect();
  void connectLater();
  return dataSource;
}

async function connect(): Promise<void> {
  await dataSource.initialize().catch(() => null);
}

async function connectLater(): Promise<void> {
  while (!dataSource.isInitialized) {
    await sleep(AGAIN_MS, null, { ref: false });
    await connect();
  }
}

@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      useFactory: () => ({ ...options, manualInitialization: true }),
      dataSourceFactory: connected,
    }),
  ],
})
export class DatabaseModule {}
