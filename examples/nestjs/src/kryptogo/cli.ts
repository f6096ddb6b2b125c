// kgscaffold:id=module/main
/** The commands for the people who run the shop: `npm run --silent kryptogo --
 * --help`. */
import { NestFactory } from "@nestjs/core";
import { AppModule } from "../app.module.js";
import { KryptogoService } from "./core/kryptogo.service.js";
import { main } from "./core/ops.js";
import { ConfigurationError } from "./core/settings.js";

async function run(): Promise<number> {
  const app = await NestFactory.createApplicationContext(AppModule, {
    logger: ["error", "warn"],
    abortOnError: false,
  });
  return main(app.get(KryptogoService).context, process.argv.slice(2));
}

void run().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof ConfigurationError ? error.message : error);
    process.exit(1);
  },
);
