// kgscaffold:id=module/main
/** The commands for the people who run the shop: `npm run --silent kryptogo --
 * --help`. */
import { NestFactory } from "@nestjs/core";
import { AppModule } from "../app.module";
import { KryptogoService } from "./core/kryptogo.service";
import { main } from "./core/ops";
import { ConfigurationError } from "./core/settings";

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
