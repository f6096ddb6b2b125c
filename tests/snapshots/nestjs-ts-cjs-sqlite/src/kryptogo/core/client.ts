// kgscaffold:id=core/client
/** KryptoGO's API: create an intent, and ask what became of it. */

import { Big } from "big.js";

import { ORDER_DATA_KEY } from "../config";
import { decimal } from "./decision";
import { FACTS, type Context, type Facts, type Intent } from "./model";
import { INTENT_ID, isObject } from "./payload";
import type { Due } from "./registration";

type Json = Record<string, unknown>;

const PROVIDER_SECONDS = 5;
const MAX_ANSWER = 1024 * 1024;
/** Unix time of the year 10000: a later deadline is not in seconds. */
const END = 253_402_300_800;
const TOO_MUCH = new Big("1e20");
const PATH = "/v1/studio/api/payment/intent";
const UNKNOWN_INTENT = 4006;
const OTHER_NAMES: Record<string, string> = {
  received_crypto_amount: "received_amount",
  aggregated_crypto_amount: "aggregated_amount",
};

/** KryptoGO could not be reached, or did not answer as documented: nothing is
 * known. */
export class ProviderError extends Error {
  override name = "ProviderError";
}

/** The intent as KryptoGO sees it now; null where it knows of none. Throws
 * ProviderError. */
export function getIntent(
  context: Context,
  intentId: string,
): Promise<Intent | null> {
  return call(context, "GET", `${PATH}/${encodeURIComponent(intentId)}`);
}

/** A new intent for what is due. Throws ProviderError. */
export async function postIntent(context: Context, due: Due): Promise<Intent> {
  const { callbackUrl, callbackToken } = context.settings();
  const token =
    callbackToken === null
      ? ""
      : `?${new URLSearchParams({ token: callbackToken }).toString()}`;
  const intent = await call(context, "POST", PATH, {
    fiat_amount: due.amount,
    fiat_currency: due.currency,
    callback_url: `${callbackUrl ?? ""}${token}`,
    order_data: { [ORDER_DATA_KEY]: due.orderId },
  });
  if (!intent || !INTENT_ID.test(intent.payment_intent_id ?? "")) {
    throw new ProviderError("POST intent: the answer has no payment_intent_id");
  }
  return intent;
}

async function call(
  context: Context,
  method: string,
  path: string,
  body?: Json,
): Promise<Intent | null> {
  const name = `${method} ${context.settings().apiBaseUrl}${path}`;
  let status: number;
  let answer: unknown;
  try {
    const response = await send(context, method, path, body);
    status = response.status;
    answer = JSON.parse(await readText(response), keepDigits);
  } catch (error) {
    throw new ProviderError(`${name}: ${told(error)}`, { cause: error });
  }
  const code = isObject(answer) ? answer["code"] : null;
  if (code === UNKNOWN_INTENT) return null;
  const data = isObject(answer) ? answer["data"] : null;
  if (status < 200 || status >= 300 || code !== 0 || !isObject(data)) {
    throw new ProviderError(
      `${name}: HTTP ${String(status)}, code ${String(code)}`,
    );
  }
  return asIntent(data);
}

function send(
  context: Context,
  method: string,
  path: string,
  body?: Json,
): Promise<Response> {
  const settings = context.settings();
  return fetch(settings.apiBaseUrl + path, {
    method,
    headers: {
      "X-STUDIO-API-KEY": settings.apiKey,
      "X-Client-ID": settings.clientId,
      Origin: settings.origin,
      "Accept-Encoding": "identity",
      ...(body && { "Content-Type": "application/json" }),
    },
    body: body ? JSON.stringify(body) : null,
    redirect: "manual",
    signal: AbortSignal.timeout(PROVIDER_SECONDS * 1000),
  });
}

/** The body, which is bounded as it is read. */
async function readText(response: Response): Promise<string> {
  const coding = response.headers.get("content-encoding") ?? "identity";
  if (coding.toLowerCase() !== "identity") {
    // A kilobyte may unpack to a gigabyte.
    await response.body?.cancel();
    throw new Error(`the answer is compressed (${coding.slice(0, 64)})`);
  }
  const body: AsyncIterable<Uint8Array> | null = response.body;
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body ?? []) {
    size += part.length;
    if (size > MAX_ANSWER) {
      throw new Error(`the answer is over ${String(MAX_ANSWER)} bytes`);
    }
    parts.push(part);
  }
  return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(parts));
}

/** For JSON.parse: a number that JavaScript would round stays the text that it
 * is. */
function keepDigits(
  _key: string,
  value: unknown,
  context?: { source: string },
): unknown {
  return typeof value === "number" && String(value) !== context?.source
    ? context?.source
    : value;
}

function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : "";
  return `${error.name} ${error.message}${cause}`;
}

function asIntent(data: Json): Intent {
  const status = text(data["status"]);
  if (!status) {
    throw new ProviderError("the intent has no status that can be read");
  }
  const orderData = data["order_data"];
  return {
    ...factsOf(data),
    payment_intent_id: text(data["payment_intent_id"]),
    status,
    client_id: text(data["client_id"]),
    fiat_amount: text(data["fiat_amount"]),
    fiat_currency: text(data["fiat_currency"]),
    payment_address: text(data["payment_address"]),
    payment_deadline: deadline(data["payment_deadline"]),
    order_data: isObject(orderData) ? orderData : null,
  };
}

function factsOf(data: Json): Facts {
  const facts = FACTS.map((name) => [name, fact(data, name)]);
  return Object.fromEntries(facts) as Facts;
}

function fact(data: Json, name: string): string | null {
  const value = text(data[name] ?? data[OTHER_NAMES[name] ?? ""]);
  if (!name.endsWith("_amount")) return value;
  return decimal(value)?.abs().lt(TOO_MUCH) ? value : null;
}

function deadline(value: unknown): number | null {
  const isTime = Number.isInteger(value) && Number(value) > 0;
  return isTime && Number(value) < END ? Number(value) : null;
}

/** A number or a text that any database can keep, as text. */
function text(value: unknown): string | null {
  if (typeof value === "number") return String(value);
  const isShort = typeof value === "string" && value.length <= 128;
  return isShort && /^(?: |[^\p{C}\p{Z}])*$/u.test(value) ? value : null;
}
