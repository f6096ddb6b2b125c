// kgscaffold:id=tests/environment
/** The environment of the tests, set before the application is imported. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "shop-"));

Object.assign(process.env, {
  DATABASE_URL: `sqlite:${join(folder, "test.db")}`,
  KRYPTOGO_ENVIRONMENT: "test",
  KRYPTOGO_CLIENT_ID: "sim_client",
  KRYPTOGO_STUDIO_API_KEY: "sim_key",
  KRYPTOGO_ORIGIN: "http://shop.test",
  KRYPTOGO_CALLBACK_URL: "http://shop.test/api/payment/callback",
  KRYPTOGO_CALLBACK_TOKEN: "secret",
  KRYPTOGO_WORKER: "off",
});
delete process.env["KRYPTOGO_CALLBACK_SECRET"];
