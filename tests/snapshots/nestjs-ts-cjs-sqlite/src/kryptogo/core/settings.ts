// kgscaffold:id=core/settings
/** The environment variables, and what else is checked when the server or the
 * worker starts. */

import { ROUTE } from "../config";
import { isUnavailable } from "./database";
import type { Context, Log } from "./model";
import { faults as faultsOfDatabase } from "./store";

export interface Settings {
  clientId: string;
  apiKey: string;
  origin: string;
  callbackUrl: string | null;
  callbackToken: string | null;
  callbackSecret: string | null;
  apiBaseUrl: string;
  environment: string;
  worker: boolean;
}

/** What the application brings. */
export type Parts = Omit<Context, "settings" | "log"> & { log?: Log };
type Environment = Readonly<Record<string, string | undefined>>;

const OFFICIAL_API = "https://wallet.kryptogo.app";
const STUDIO = "KryptoGO Studio, https://studio.kryptogo.com";
const REQUIRED = {
  KRYPTOGO_CLIENT_ID: `the OAuth client id of your project in ${STUDIO}`,
  KRYPTOGO_STUDIO_API_KEY: `an API key from ${STUDIO} (its secret is shown once)`,
  KRYPTOGO_ORIGIN: `your site's origin, e.g. https://shop.example, as allowed in ${STUDIO}`,
};
/** The first is the default. */
const CHOICES = {
  KRYPTOGO_ENVIRONMENT: ["production", "test"],
  KRYPTOGO_WORKER: ["on", "off"],
} as const;
/** The token of .env.example. */
const EXAMPLE = "change-me";
const NEW_TOKEN = `node -p "require('crypto').randomBytes(32).toString('base64url')"`;

/** What is missing or wrong, a line for each fault: it names the variable and
 * the remedy. */
export class ConfigurationError extends Error {
  override name = "ConfigurationError";
}

/** Lines on stderr. */
const log: Log = {
  info: (line) => process.stderr.write(`${now()} INFO ${line}\n`),
  warn: (line) => process.stderr.write(`${now()} WARNING ${line}\n`),
  error: (line) => process.stderr.write(`${now()} ERROR ${line}\n`),
};

function now(): string {
  return new Date().toISOString();
}

/**
 * What `core` works with. The environment is read when it is first asked for.
 */
export function createContext(parts: Parts): Context {
  let settings: Settings | undefined;
  return {
    log,
    ...parts,
    settings: () => (settings ??= readSettings(process.env)),
  };
}

/** The checked settings. Throws ConfigurationError with every fault. */
export function readSettings(env: Environment): Settings {
  const found = faults(env);
  if (found.length > 0) throw new ConfigurationError(found.join("\n"));
  return {
    clientId: env["KRYPTOGO_CLIENT_ID"] ?? "",
    apiKey: env["KRYPTOGO_STUDIO_API_KEY"] ?? "",
    origin: env["KRYPTOGO_ORIGIN"] ?? "",
    callbackUrl: env["KRYPTOGO_CALLBACK_URL"] || null,
    callbackToken: env["KRYPTOGO_CALLBACK_TOKEN"] ?? null,
    callbackSecret: env["KRYPTOGO_CALLBACK_SECRET"] ?? null,
    apiBaseUrl: apiBaseUrl(env),
    environment: env["KRYPTOGO_ENVIRONMENT"] ?? "production",
    worker: (env["KRYPTOGO_WORKER"] ?? "on") === "on",
  };
}

function apiBaseUrl(env: Environment): string {
  return (env["KRYPTOGO_API_BASE_URL"] || OFFICIAL_API).replace(/\/+$/, "");
}

/** What is wrong with the variables, each as a line that says what to do. */
function faults(env: Environment): string[] {
  const found: string[] = [];
  for (const [name, where] of Object.entries(REQUIRED)) {
    if (!env[name]) found.push(`${name} is not set. Set it to ${where}.`);
  }
  for (const name of ["KRYPTOGO_CALLBACK_TOKEN", "KRYPTOGO_CALLBACK_SECRET"]) {
    if (env[name] === "") {
      found.push(`${name} is set but empty. Give it a value or unset it.`);
    }
  }
  for (const name of ["KRYPTOGO_CALLBACK_URL", "KRYPTOGO_API_BASE_URL"]) {
    const url = env[name];
    if (url && !/^https?:\/\/[^/?#]/.test(url)) {
      found.push(`${name} is '${url}'. Set it to an absolute http(s) URL.`);
    }
  }
  if (env["KRYPTOGO_CALLBACK_URL"]?.includes("?")) {
    found.push(
      "KRYPTOGO_CALLBACK_URL must have no query: the token is appended to it.",
    );
  }
  for (const [name, [usual, other]] of Object.entries(CHOICES)) {
    const given = env[name] ?? usual;
    if (given !== usual && given !== other) {
      found.push(`${name} is '${given}'. Set it to ${usual} or ${other}.`);
    }
  }
  const environment = env["KRYPTOGO_ENVIRONMENT"] ?? "production";
  return environment === "production"
    ? [...found, ...unfitForProduction(env)]
    : found;
}

function unfitForProduction(env: Environment): string[] {
  const remedies: Record<string, string> = {};
  if (apiBaseUrl(env) !== OFFICIAL_API) {
    remedies["KRYPTOGO_API_BASE_URL"] = OFFICIAL_API;
  }
  if (env["KRYPTOGO_CALLBACK_URL"]?.startsWith("http:")) {
    remedies["KRYPTOGO_CALLBACK_URL"] = "an https URL";
  }
  const token = env["KRYPTOGO_CALLBACK_TOKEN"];
  if (token === undefined || token === EXAMPLE) {
    remedies["KRYPTOGO_CALLBACK_TOKEN"] = `a long random string: ${NEW_TOKEN}`;
  }
  for (const name of ["KRYPTOGO_CLIENT_ID", "KRYPTOGO_STUDIO_API_KEY"]) {
    if (env[name]?.startsWith("sim_")) remedies[name] = "a real one";
  }
  return Object.entries(remedies).map(
    ([name, remedy]) =>
      `${name} is not fit for production. ` +
      `Set it to ${remedy}; or set KRYPTOGO_ENVIRONMENT=test.`,
  );
}

/**
 * The settings. Throws ConfigurationError with all that must be mended first.
 *
 * A database that is away is no fault: the worker waits for it, and the route
 * answers 503.
 */
export async function checkStart(context: Context): Promise<Settings> {
  const found = faults(process.env);
  try {
    found.push(...(await faultsOfDatabase(context.db)));
  } catch (error) {
    if (!isUnavailable(error)) throw error;
  }
  if (found.length > 0) throw new ConfigurationError(found.join("\n"));
  const settings = context.settings();
  const { callbackUrl } = settings;
  if (callbackUrl === null) {
    context.log.warn(
      "KRYPTOGO_CALLBACK_URL is not set: no checkout works until it is",
    );
  } else if (!new URL(callbackUrl).pathname.endsWith(ROUTE)) {
    context.log.warn(
      `KRYPTOGO_CALLBACK_URL is ${callbackUrl}, but callbacks are taken at ` +
        `${ROUTE}: is something in between?`,
    );
  }
  return settings;
}
