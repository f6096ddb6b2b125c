// kgscaffold:id=tests/environment
/** The environment of the tests, set before the application is imported. */
const url = process.env["TEST_DATABASE_URL"];

if (!url) {
  throw new Error(
    "Set TEST_DATABASE_URL to a PostgreSQL database that the tests may fill.",
  );
}

Object.assign(process.env, {
  DATABASE_URL: url,
  KRYPTOGO_ENVIRONMENT: "test",
  KRYPTOGO_CLIENT_ID: "sim_client",
  KRYPTOGO_STUDIO_API_KEY: "sim_key",
  KRYPTOGO_ORIGIN: "http://shop.test",
  KRYPTOGO_CALLBACK_URL: "http://shop.test/api/payment/callback",
  KRYPTOGO_CALLBACK_TOKEN: "secret",
  KRYPTOGO_WORKER: "off",
});
delete process.env["KRYPTOGO_CALLBACK_SECRET"];
