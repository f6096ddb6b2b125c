// kgscaffold:id=app/run
/** Run the shop. PORT and HOST are honoured. */
import "reflect-metadata";
import { NestFactory } from "@nestjs/core";
import { AppModule } from "./app.module";
import { ConfigurationError } from "./kryptogo";

async function bootstrap(): Promise<void> {
  const port = process.env["PORT"] ?? "8000";
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) {
    throw new ConfigurationError(
      `PORT is '${port}'. Set it to a number up to 65535.`,
    );
  }
  const app = await NestFactory.create(AppModule, { abortOnError: false });
  // The worker finishes what is under way when the process is told to end.
  app.enableShutdownHooks();
  await app.listen(Number(port), process.env["HOST"] ?? "127.0.0.1");
}

bootstrap().catch((error: unknown) => {
  // What is wrong with the configuration is told without a stack.
  console.error(error instanceof ConfigurationError ? error.message : error);
  process.exit(1);
});
